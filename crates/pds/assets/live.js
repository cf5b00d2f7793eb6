// Keeps a page up to date: waits for news, then puts the new state of its changing part in the place of the old one.
// Without it, "Look again" does the same.
(() => {
  'use strict';
  const region = document.getElementById('live');
  const news = document.getElementById('news');
  if (!region || !news) return;

  const slips = () => [...region.querySelectorAll('[data-purchase]')];
  const seen = new Set(slips().map((slip) => slip.dataset.purchase));
  const before = Number(document.body.dataset.arrived);
  let version = Number(document.body.dataset.version);

  const pause = (seconds) => new Promise((done) => setTimeout(done, seconds * 1000));

  // What somebody is filling in is not taken away from under their hands.
  const isInUse = () =>
    document.querySelector('main input:checked') !== null || document.activeElement.matches('main input');

  function mark() {
    for (const slip of slips()) {
      if (seen.has(slip.dataset.purchase)) continue;
      const tag = document.createElement('span');
      tag.className = 'tag tag-new';
      tag.textContent = 'New';
      slip.querySelector('.tags')?.prepend(tag);
      slip.classList.add('is-new');
    }
  }

  async function renew() {
    const response = await fetch(location.href);
    if (!response.ok || response.redirected) return false;
    const page = new DOMParser().parseFromString(await response.text(), 'text/html');
    const next = page.getElementById('live');
    if (!next || isInUse()) return false;
    // More than the changing part is another page once the sharing has ended.
    if (page.body.dataset.link !== document.body.dataset.link) location.reload();
    const focus = region.contains(document.activeElement) ? document.activeElement.id : '';
    const open = [...region.querySelectorAll('details[open]')].map((details) => details.id);
    region.replaceChildren(...next.childNodes);
    for (const id of open) document.getElementById(id)?.setAttribute('open', '');
    if (focus) document.getElementById(focus)?.focus({ preventScroll: true });
    if (/^\/purchases$/.test(location.pathname)) mark();
    return true;
  }

  function tell(arrived, isRenewed) {
    let words = '';
    if (arrived === 1) words = '1 new purchase';
    if (arrived > 1) words = `${arrived} new purchases`;
    if (!isRenewed) words = words ? `${words}, not shown yet` : 'Something here has changed';
    if (news.textContent !== words) news.textContent = words;
  }

  async function follow() {
    for (let failures = 0; ; ) {
      try {
        const response = await fetch(`/live?after=${version}`);
        if (!response.ok) throw new Error(`${response.status}`);
        const now = await response.json();
        failures = 0;
        if (now.version === version) continue;
        const isRenewed = await renew();
        version = now.version;
        tell(now.arrived - before, isRenewed);
        await pause(0.4);
      } catch {
        failures = Math.min(failures + 1, 5);
        await pause(2 ** failures);
      }
    }
  }

  follow();
})();
