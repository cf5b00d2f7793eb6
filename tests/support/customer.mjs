// A customer with a browser that knows neither script nor style: pages, forms, cookies.
import { load } from 'cheerio';
import { CookieJar } from 'tough-cookie';
import { check, contract } from './contract.mjs';

const HOPS = 10;

export class Customer {
  #jar = new CookieJar();

  /** `base`: where the pages are. `redirects`: how they redirect; ours never repeat a form. */
  constructor(base, customerId, { redirects = [303] } = {}) {
    Object.assign(this, { base, customerId, redirects });
  }

  /** One request, without following anything. */
  async #request(url, options = {}) {
    const headers = { cookie: await this.#jar.getCookieString(url.href), ...options.headers };
    const response = await fetch(url, { ...options, headers, redirect: 'manual' });
    for (const cookie of response.headers.getSetCookie()) await this.#jar.setCookie(cookie, url.href);
    if (contract.paths[url.pathname]) await check(options.method ?? 'GET', url, response);
    return response;
  }

  /** Follows redirects within the site. Gives {url, response, $}; what leads away is `away`, not followed. */
  async #browse(start, options) {
    let url = new URL(start, this.base);
    let response = await this.#request(url, options);
    for (let hop = 0; hop < HOPS && response.status >= 300 && response.status < 400; hop += 1) {
      if (!this.redirects.includes(response.status)) throw new Error(`${url.pathname} redirects with ${response.status}`);
      const next = new URL(response.headers.get('location'), url);
      if (next.origin !== new URL(this.base).origin) return { away: next, response };
      url = next;
      response = await this.#request(url);
    }
    return { url, response, $: load(await response.text()) };
  }

  open(address) {
    return this.#browse(address);
  }

  /** One request with the customer's cookies, whose answer is no page; nothing is followed. */
  fetch(address) {
    return this.#request(new URL(address, this.base));
  }

  /** The values of all cookies held. */
  async cookies() {
    return (await this.#jar.getCookies(this.base)).map(({ value }) => value);
  }

  /** Sends the form as it stands, with `changes`, by the button `answer`. A value of `null` takes a field out. */
  submit({ url, $ }, form, answer, changes = {}) {
    const element = $(form);
    if (element.length !== 1) throw new Error(`${url?.pathname}: no form ${form}: ${$.text().slice(0, 300)}`);
    const fields = new URLSearchParams();
    for (const { name, value } of element.serializeArray()) if (!(name in changes)) fields.append(name, value);
    for (const [name, values] of Object.entries(changes)) {
      for (const value of [values ?? []].flat()) fields.append(name, value);
    }
    const button = element.find(answer);
    if (button.length !== 1) throw new Error(`${url.pathname}: no button ${answer}`);
    if (button.attr('name')) fields.append(button.attr('name'), button.attr('value'));
    return this.#browse(new URL(element.attr('action'), url), { method: element.attr('method'), body: fields });
  }

  /** Opens a page, and signs in where that is asked for. */
  async #signedIn(address) {
    const page = await this.open(address);
    return page.url?.pathname === '/sign-in' ? this.signIn(page) : page;
  }

  /** Signs in on a sign-in page; gives the page behind it. */
  signIn(page) {
    return this.submit(page, '#sign-in-form', '#sign-in', { customerId: this.customerId });
  }

  /**
   * Answers an app's question; gives the URL that leads back to the app. `datasets`: what to tick beyond the
   * required; `asks`: which questions it may answer; `shared`: shared accounts too; `from`: a date; `duration`: as in `P30D`; `answer`: `allow` or `refuse`.
   */
  async answer(address, { datasets = 'all', asks = [], shared = true, from, duration, answer = 'allow' } = {}) {
    const page = await this.#signedIn(address);
    if (page.url?.pathname !== '/consent') throw new Error(`no consent page but ${page.url ?? page.away}: ${page.$?.text()}`);
    const offered = page.$('input[name=dataset]').map((_, box) => page.$(box).attr('value')).get();
    const changes = { dataset: datasets === 'all' ? offered : datasets };
    if (page.$('input[name=sharedAccounts]').length) changes.sharedAccounts = shared ? 'yes' : null;
    if (asks.length) changes.ask = asks;
    if (from) Object.assign(changes, { from: 'date', fromDate: from });
    if (duration) changes.duration = duration;
    const { away, url, $ } = await this.submit(page, '#consent-form', `#${answer}`, changes);
    if (!away) throw new Error(`the consent form leads to ${url.pathname}: ${$.text()}`);
    return away;
  }

  /** Signs in on an app's behalf and turns back. */
  async cancel(address) {
    const page = await this.open(address);
    return (await this.submit(page, '#sign-in-form', '#cancel')).away;
  }

  /** Stop sharing, up to the last button. Gives a function that presses it and answers when the answer is there. */
  async readyToStop(grantId) {
    const page = await this.#signedIn(`/apps/${grantId}/stop`);
    const confirm = page.url.pathname === `/apps/${grantId}/stop` ? page : await this.open(`/apps/${grantId}/stop`);
    return async () => {
      const done = await this.submit(confirm, '#stop-form', '#stop');
      if (!done.$('time').attr('datetime')) throw new Error(`not stopped: ${done.$.text()}`);
      return done;
    };
  }

  async stop(grantId) {
    return (await this.readyToStop(grantId))();
  }
}
