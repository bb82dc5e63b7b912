//! A ZIP file of whole files in memory, stored as they are (APPNOTE 6.3.10): what any office computer opens.

use flate2::Crc;

/// Files in the order in which they are added. Each is shorter than 4 GiB, and so are all together.
#[derive(Default)]
pub(super) struct Zip {
    bytes: Vec<u8>,
    directory: Vec<u8>,
    count: u16,
}

/// Names are UTF-8 (bit 11 of the general purpose flags).
const UTF8: u16 = 1 << 11;
/// 1980-01-01: the pack's own pages say when it was made.
const DATE: u16 = 0x21;

fn bounded(length: usize) -> u32 {
    u32::try_from(length).expect("a pack is bounded far below 4 GiB")
}

impl Zip {
    pub(super) fn add(&mut self, name: &str, content: &[u8]) {
        let mut crc = Crc::new();
        crc.update(content);
        let (at, size) = (bounded(self.bytes.len()), bounded(content.len()));
        let name_size = u16::try_from(name.len()).expect("names are ours, and short");
        // What both headers have in common: version, flags, method, time, date, CRC-32, sizes, length of the name, no extra.
        let mut same = Vec::with_capacity(26);
        for short in [20, UTF8, 0, 0, DATE] {
            same.extend(u16::to_le_bytes(short));
        }
        for long in [crc.sum(), size, size] {
            same.extend(u32::to_le_bytes(long));
        }
        same.extend(name_size.to_le_bytes());
        same.extend([0, 0]);
        self.bytes.extend(b"PK\x03\x04");
        self.bytes.extend(&same);
        self.bytes.extend(name.as_bytes());
        self.bytes.extend(content);
        self.directory.extend(b"PK\x01\x02\x14\x00");
        self.directory.extend(&same);
        // No comment, disk 0, attributes of none.
        self.directory.extend([0; 10]);
        self.directory.extend(at.to_le_bytes());
        self.directory.extend(name.as_bytes());
        self.count += 1;
    }

    pub(super) fn finish(mut self) -> Vec<u8> {
        let (at, size) = (bounded(self.bytes.len()), bounded(self.directory.len()));
        self.bytes.append(&mut self.directory);
        self.bytes.extend(b"PK\x05\x06\0\0\0\0");
        for count in [self.count, self.count] {
            self.bytes.extend(count.to_le_bytes());
        }
        for long in [size, at] {
            self.bytes.extend(long.to_le_bytes());
        }
        self.bytes.extend([0, 0]);
        self.bytes
    }
}
