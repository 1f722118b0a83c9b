import { existsSync, readFileSync } from 'node:fs'
import { chromium, type Browser } from 'playwright-core'

const executablePath = process.env['CHROMIUM'] ?? '/usr/bin/chromium'

/** Why tests with a browser are left out; false where there is one. */
export const skip = existsSync(executablePath)
  ? false
  : `no Chromium at ${executablePath}: install it or set CHROMIUM`

/** Snowplow's tracker for pages, as a page loads it. */
export const trackerScript = readFileSync(
  new URL('../node_modules/@snowplow/browser-tracker/dist/index.umd.min.js', import.meta.url),
)

export function launchChromium(): Promise<Browser> {
  return chromium.launch({
    executablePath,
    headless: true,
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  })
}
