// The programs that tests use when the machine has them. None of them is needed to run the service.

import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'

const CHROMIUM = ['chromium', 'chromium-browser', 'google-chrome-stable', 'google-chrome', 'chrome']
const CHROMIUM_ELSEWHERE = [
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
]

/** The path of a Chromium or Chrome, or null: where CHROMIUM_PATH says, on the PATH, or where macOS keeps it. */
export function findChromium() {
  if (process.env.CHROMIUM_PATH) return canRun(process.env.CHROMIUM_PATH) ? process.env.CHROMIUM_PATH : null
  return findProgram(CHROMIUM) ?? CHROMIUM_ELSEWHERE.find(canRun) ?? null
}

/** The path of redis-server, or null. */
export function findRedisServer() {
  return findProgram(['redis-server'])
}

/** The path of openssl, or null. */
export function findOpenssl() {
  return findProgram(['openssl'])
}

function findProgram(names) {
  const folders = (process.env.PATH ?? '').split(delimiter)
  return names.flatMap((name) => folders.map((folder) => join(folder, name))).find(canRun) ?? null
}

function canRun(file) {
  try {
    accessSync(file, constants.X_OK)
    return true
  } catch {
    return false
  }
}
