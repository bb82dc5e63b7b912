// Deposits a file in parts, and goes on where a cut line or a reload left it: the data centre knows the file again by its
// name, its length and when it was changed. Small files go as the form sends them.
'use strict';
const SMALL = 256 * 1024;
const LONGEST_WAIT_S = 30;
const STILL_S = 60;

for (const form of document.querySelectorAll('form[data-bucket]')) {
  const { elements, dataset } = form;
  const [line, said, refused] = ['progress', 'said', 'refused'].map((name) => form.querySelector(`[data-${name}]`));
  const say = (text, share) => {
    const words = text.replace('{}', `${Math.floor(share * 100)} %`);
    if (said.textContent !== words) said.textContent = words;
  };
  const uploads = `/api/v1/buckets/${dataset.bucket}/uploads`;

  // One call. It ends with what was answered; `null` says that the line is cut, or that it is worth asking again.
  const call = (method, path, body, onprogress) =>
    new Promise((resolve, reject) => {
      const request = new XMLHttpRequest();
      request.open(method, path);
      request.responseType = 'json';
      request.setRequestHeader('x-amana-token', elements.token.value);
      if (!(body instanceof Blob)) request.setRequestHeader('content-type', 'application/json');
      // A line may stand still without being cut.
      let moved = Date.now();
      const watch = setInterval(() => Date.now() - moved > STILL_S * 1000 && request.abort(), 1000);
      request.upload.onprogress = (event) => {
        moved = Date.now();
        if (onprogress) onprogress(event);
      };
      request.onloadend = () => clearInterval(watch);
      request.onerror = request.ontimeout = request.onabort = () => resolve(null);
      request.onload = () => {
        const { status, response } = request;
        if (status < 300) resolve(response);
        else if (status >= 500 || status === 429 || response?.code === 'cut') resolve(null);
        else reject(new Error(response ? response.message : status));
      };
      request.send(body instanceof Blob ? body : JSON.stringify(body));
    });

  // Asks until there is an answer: at once when the line is back, else after a while that grows.
  const insist = async (...what) => {
    for (let wait_s = 1; ; wait_s = Math.min(wait_s * 2, LONGEST_WAIT_S)) {
      const answer = await call(...what);
      if (answer) return answer;
      say(dataset.cut, 0);
      await new Promise((go) => {
        addEventListener('online', go, { once: true });
        setTimeout(go, wait_s * 1000);
      });
    }
  };

  const deposit = async (file) => {
    const key = elements.prefix.value + file.name;
    const replace = elements.replace.checked;
    const begun = await insist('POST', uploads, {
      key, replace, size_bytes: file.size, modified_ms: file.lastModified, content_type: file.type || null,
    });
    const place = `${uploads}/${begun.upload}`;
    const query = `?key=${encodeURIComponent(key)}`;
    const size = begun.part_bytes;
    const there = new Map(begun.parts.map((part) => [part.number, part.size_bytes]));
    let done = 0;
    const show = (more) => {
      const share = Math.min((done + more) / file.size, 1);
      line.firstElementChild.value = share;
      return share;
    };
    line.hidden = false;
    for (const bytes of there.values()) done += bytes;
    if (done) say(dataset.resumed, show(0));
    for (let number = 1, from = 0; from < file.size; number += 1, from += size) {
      const part = file.slice(from, from + size);
      if (there.get(number) === part.size) continue;
      await insist('PUT', `${place}/parts/${number}${query}`, part, ({ loaded }) => say(dataset.going, show(loaded)));
      done += part.size;
      say(dataset.going, show(0));
    }
    say(dataset.joining, 1);
    const { receipt } = await insist('POST', place, { key, replace });
    location = `/buckets/${dataset.bucket}/object${query}&receipt=${receipt.split('/').pop()}`;
  };

  form.addEventListener('submit', async (event) => {
    const file = elements.file.files[0];
    if (!file || file.size <= SMALL) return;
    event.preventDefault();
    const button = form.querySelector('button');
    refused.textContent = '';
    button.disabled = true;
    try {
      await deposit(file);
    } catch (error) {
      say('', 0);
      refused.textContent = error.message;
      button.disabled = false;
    }
  });
}
