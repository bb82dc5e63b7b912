// Signs a change of a site with a publisher's key (C2SP signed-note, Ed25519). The key is read here and isn't sent; that this is
// so is the operator's word, whose script this is: who doesn't want to take it signs with `amana site sign`.
'use strict';
const form = document.querySelector('#sign');
if (form && window.crypto && crypto.subtle) {
  const note = document.querySelector('#note');
  const say = (where, text) => { form.querySelector(where).textContent = text; };
  const text = document.querySelector('#statement').textContent;
  const bytes = (base64) => Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
  const base64 = (all) => btoa(String.fromCharCode(...all));
  // PKCS #8 around the 32 bytes of an Ed25519 seed (RFC 8410).
  const BEFORE_SEED = [0x30, 0x2e, 2, 1, 0, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 4, 0x22, 4, 0x20];
  const ED25519 = 1;
  // `PRIVATE+KEY+<name>+<id>+<base64 of 01 and the seed>`, as Go's note package writes it.
  const LINE = /^PRIVATE\+KEY\+([^\s+]+)\+([0-9a-f]{8})\+([A-Za-z0-9+/=]+)$/;
  const signature = async (file) => {
    const [, name, id, secret] = LINE.exec((await file.text()).trim());
    const key = bytes(secret);
    if (key.length !== 33 || key[0] !== ED25519) throw new Error();
    const pkcs8 = Uint8Array.from([...BEFORE_SEED, ...key.subarray(1)]);
    const signer = await crypto.subtle.importKey('pkcs8', pkcs8, 'Ed25519', false, ['sign']);
    const signed = await crypto.subtle.sign('Ed25519', signer, new TextEncoder().encode(text));
    const numbers = id.match(/../g).map((digits) => parseInt(digits, 16));
    return [`\u2014 ${name} `, base64([...numbers, ...new Uint8Array(signed)])];
  };
  const sha256 = async (all) => {
    const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', all));
    return [...digest].map((byte) => byte.toString(16).padStart(2, '0')).join('');
  };
  // What a folder holds beside what it publishes, and what systems leave in it.
  const RULES = /^(_redirects|_headers|_applications|_addresses|_addresses\.d\/.*)$/;
  const LITTER = /(^|\/)(\.ds_store|thumbs\.db|desktop\.ini|__macosx)(\/|$)/i;
  // Whether the manifest is the one that is signed, and its contents are those of that folder.
  const isOf = async (files) => {
    const manifest = await (await fetch(form.dataset.manifest)).arrayBuffer();
    const listed = Object.values(JSON.parse(new TextDecoder().decode(manifest)).files);
    const named = new Set(listed.map((file) => file.sha256));
    const own = new Set();
    for (const file of files) {
      const path = file.webkitRelativePath.replace(/^[^/]*\//, '');
      const digest = await sha256(await file.arrayBuffer());
      own.add(digest);
      if (!named.has(digest) && !RULES.test(path) && !LITTER.test(path)) return false;
    }
    return text.endsWith(`manifest ${await sha256(manifest)}\n`) && [...named].every((one) => own.has(one));
  };
  form.parentElement.hidden = false;
  form.addEventListener('submit', async (event) => {
    event.preventDefault();
    say('[data-said]', '');
    say('[data-refused]', '');
    const chosen = form.querySelector('#key');
    const folder = form.querySelector('#own');
    try {
      if (folder && folder.files.length && !await isOf(folder.files)) {
        say('[data-refused]', form.dataset.differs);
        return;
      }
      const [begin, line] = await signature(chosen.files[0]);
      // Signatures of others on the same text stay; an earlier one of this key goes.
      const [, others = ''] = note.value.startsWith(`${text}\n`) ? note.value.split('\n\n') : [];
      const kept = others.split('\n').filter((one) => one && !one.startsWith(begin));
      note.value = `${text}\n${[...kept, begin + line].join('\n')}\n`;
      say('[data-said]', form.dataset.signed);
    } catch {
      say('[data-refused]', form.dataset.noKey);
    }
    chosen.value = '';
  });
}
