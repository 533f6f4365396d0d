// SPDX-License-Identifier: GPL-3.0-or-later
//
// A browser opens chat.html at a server's own origin and records what it asks: har.mjs BROWSER URL PAGE HAR. Prints the
// page's last word: "done", or what failed.
import { createRequire } from 'node:module';

// The package is installed below the build folder, which is where this file is copied to.
const { chromium } = createRequire(import.meta.url)('playwright-core');

const [executablePath, url, page, har] = process.argv.slice(2);
const browser = await chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-gpu'], timeout: 60000 });
try {
  const context = await browser.newContext({ recordHar: { path: har } });
  const tab = await context.newPage();
  await tab.route('**/chat.html', (route) => route.fulfill({ path: page }));
  await tab.goto(`${url}/chat.html`);
  await tab.waitForFunction(() => document.title !== 'chat', null, { timeout: 60000 });
  console.log(await tab.title());
  await context.close(); // writes the file
} finally {
  await browser.close();
}
