// What is checked on every page, whatever it shows.
import assert from 'node:assert/strict';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { AxeBuilder } from '@axe-core/playwright';

const WCAG_2_2_AA = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'];
const WIDE = { width: 1280, height: 900 };
// 320 CSS pixels is also what 1280 pixels become at 400 % zoom (WCAG 1.4.10).
const NARROW = { width: 320, height: 640 };

/** Runs named checks, counts them and goes on after a failure. */
export class Report {
  passed = 0;
  failed = 0;

  async check(name, body) {
    try {
      await body();
      this.passed += 1;
      console.log(`ok   ${name}`);
    } catch (error) {
      this.failed += 1;
      console.log(`FAIL ${name}\n     ${String(error.message).replaceAll('\n', '\n     ')}`);
    }
  }

  summary() {
    return `${this.passed} passed, ${this.failed} failed`;
  }
}

/**
 * Accessibility in light and dark, no sideways scrolling when narrow, headers, structure; and screenshots. `scripts`: how
 * many the page has; `languages`: of which it must be.
 */
export async function audit(report, page, name, screenshots, { scripts = 0, languages = ['en'] } = {}) {
  if (screenshots) await mkdir(screenshots, { recursive: true });
  const shoot = async (variant) => {
    if (screenshots) await page.screenshot({ path: join(screenshots, `${name}-${variant}.png`), fullPage: true });
  };
  // First, because axe and pictures leave style attributes behind.
  await report.check(`${name}: one heading, landmarks, no script but its own, no inline style`, async () => {
    const found = await page.evaluate(() => ({
      headings: document.querySelectorAll('h1').length,
      mains: document.querySelectorAll('main').length,
      language: document.documentElement.lang,
      scripts: document.querySelectorAll('script').length,
      styled: document.querySelectorAll('[style], style').length,
      unlabelled: [...document.querySelectorAll('input:not([type=hidden])')].filter((input) => !input.labels.length).length,
    }));
    const { language, ...rest } = found;
    assert.ok(languages.includes(language), `the language is ${language}`);
    assert.deepEqual(rest, { headings: 1, mains: 1, scripts, styled: 0, unlabelled: 0 });
  });
  for (const colorScheme of ['light', 'dark']) {
    await page.emulateMedia({ colorScheme });
    await report.check(`${name}: no accessibility violation in ${colorScheme}`, async () => {
      const { violations } = await new AxeBuilder({ page }).withTags(WCAG_2_2_AA).analyze();
      assert.deepEqual(violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`), []);
    });
    await shoot(colorScheme);
  }
  await page.emulateMedia({ colorScheme: 'light' });
  await page.setViewportSize(NARROW);
  await report.check(`${name}: nothing to scroll sideways at 320 px`, async () => {
    const width = await page.evaluate(() => document.documentElement.scrollWidth);
    assert.ok(width <= NARROW.width, `the page is ${width} px wide`);
  });
  await shoot('narrow-light');
  await page.emulateMedia({ colorScheme: 'dark' });
  await shoot('narrow-dark');
  await page.emulateMedia({ colorScheme: 'light' });
  await page.setViewportSize(WIDE);
}

/** Tabs until the element has the focus; every stop on the way must be visible. */
export async function tabTo(page, id, most = 60) {
  for (let step = 0; step < most; step += 1) {
    await page.keyboard.press('Tab');
    const focus = await page.evaluate(() => {
      const element = document.activeElement;
      const { outlineStyle, outlineWidth } = getComputedStyle(element);
      return { id: element.id, text: element.outerHTML.slice(0, 80), outlined: outlineStyle !== 'none' && parseFloat(outlineWidth) >= 2 };
    });
    assert.ok(focus.outlined, `the focus cannot be seen on ${focus.text}`);
    if (focus.id === id) return;
  }
  assert.fail(`#${id} is not reached with the Tab key`);
}

/** Tabs through the whole page; everything that can be pressed or filled in must be reached, visibly. Gives the stops. */
export async function walk(page, most = 400) {
  const wanted = await page.evaluate(() => {
    const all = [...document.querySelectorAll('a[href], button, input:not([type=hidden]), select, textarea, summary')];
    // A folded part is reached when it is unfolded; of a group of radio buttons, one has the focus.
    const seen = all.filter((element) => element.checkVisibility({ visibilityProperty: true }) && !element.disabled);
    const keyOf = (element) => (element.type === 'radio' ? `radio ${element.name}` : String(all.indexOf(element)));
    seen.forEach((element) => element.setAttribute('data-walk', keyOf(element)));
    return [...new Set(seen.map(keyOf))];
  });
  const reached = new Set();
  let stops = 0;
  for (; stops < most; stops += 1) {
    await page.keyboard.press('Tab');
    const focus = await page.evaluate(() => {
      const element = document.activeElement;
      if (element === document.body || element === document.documentElement) return null;
      const { outlineStyle, outlineWidth } = getComputedStyle(element);
      const field = element.type === 'date' ? getComputedStyle(element) : { outlineStyle, outlineWidth };
      return {
        key: element.getAttribute('data-walk'), text: element.outerHTML.slice(0, 100),
        isOutlined: field.outlineStyle !== 'none' && parseFloat(field.outlineWidth) >= 2,
      };
    });
    if (focus === null) break;
    assert.ok(focus.isOutlined, `the focus cannot be seen on ${focus.text}`);
    reached.add(focus.key);
  }
  assert.deepEqual(wanted.filter((key) => !reached.has(key)), [], 'what the Tab key does not reach');
  return stops;
}
