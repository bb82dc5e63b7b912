// Puts a button behind what is copied: secrets, commands, links, digests.
'use strict';
const { copy, copied } = document.currentScript.dataset;
document.querySelectorAll('body [data-copy]').forEach((what, at) => {
  what.id ||= `copy-${at}`;
  const button = Object.assign(document.createElement('button'), { type: 'button', className: 'second copy', textContent: copy });
  button.setAttribute('aria-describedby', what.id);
  button.setAttribute('aria-live', 'polite');
  button.addEventListener('click', async () => {
    try {
      await navigator.clipboard.writeText(what.textContent.trim());
    } catch {
      // Without TLS, or without leave: what is selected is copied the old way, or by hand.
      getSelection().selectAllChildren(what);
      if (!document.execCommand('copy')) return;
    }
    button.textContent = copied;
    setTimeout(() => { button.textContent = copy; }, 3000);
  });
  what.after(' ', button);
});
