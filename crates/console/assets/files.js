// Sends files one by one, with how far each is, and takes files that are dropped: the form works without it.
'use strict';
const form = document.querySelector('form[data-upload]');
if (form) {
  const input = form.querySelector('input[type=file]');
  const bar = form.querySelector('progress');
  const said = form.querySelector('[data-said]');
  const button = form.querySelector('button');
  const show = (name) => form.querySelectorAll(name).forEach((one) => { one.hidden = false; });
  const send = (file) => new Promise((done, failed) => {
    const body = new FormData();
    // The token first: nothing is taken without it.
    body.append('token', form.elements.token.value);
    body.append('file', file);
    const request = new XMLHttpRequest();
    request.open('POST', form.action);
    request.upload.addEventListener('progress', (at) => { if (at.lengthComputable) bar.value = at.loaded / at.total; });
    request.addEventListener('load', () => (request.status < 400 ? done() : failed()));
    request.addEventListener('error', failed);
    request.addEventListener('abort', failed);
    request.send(body);
  });
  const sendAll = async (files) => {
    if (button.disabled || !files.length) return;
    button.disabled = true;
    show('progress, [data-sent]');
    for (const [index, file] of files.entries()) {
      bar.value = 0;
      said.textContent = `${index + 1}/${files.length} ${file.name}`;
      try {
        await send(file);
      } catch {
        said.textContent = `${form.dataset.failed} ${file.name}`;
        said.className = 'error';
        button.disabled = false;
        return;
      }
    }
    location.reload();
  };
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    sendAll([...input.files]);
  });
  show('[data-drop]');
  form.addEventListener('dragover', (event) => event.preventDefault());
  form.addEventListener('drop', (event) => {
    event.preventDefault();
    sendAll([...event.dataTransfer.files]);
  });
}
