import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { DealFile, type Line } from '../../examples/mirror/deal-file.js'
import { createTemporaryDirectory, temporaryDirectory } from '../testkit/directory.js'

const lineAt = (position: number, content: string) => ({ cursor: `cursor ${position}`, node: { position, content } })

const anyLines: fc.Arbitrary<Line[]> = fc
  .array(fc.oneof(fc.string({ unit: 'binary', maxLength: 20 }), fc.constant('long '.repeat(30_000))), { maxLength: 6 })
  .map((contents) => contents.map((content, index) => lineAt(index + 1, content)))

test('whatever is left of a file, one goes on behind its last whole line, and the file is as if it had never been cut', async () => {
  const directory = createTemporaryDirectory()
  let files = 0
  const cutAndGoOn = async (lines: Line[], cut: number) => {
    files += 1
    const path = join(directory, `${files}.jsonl`)
    await (await DealFile.open(path)).append(lines)
    const whole = readFileSync(path)
    const left = whole.subarray(0, Math.floor(cut * (whole.length + 1)))
    writeFileSync(path, left)

    const file = await DealFile.open(path)
    const count = left.filter((byte) => byte === 10).length
    expect(file.cursor).toBe(count === 0 ? null : `cursor ${count}`)
    await file.append(lines.slice(count))
    expect(readFileSync(path).equals(whole)).toBe(true)
  }
  await fc.assert(fc.asyncProperty(anyLines, fc.double({ min: 0, max: 1, noNaN: true }), cutAndGoOn), { numRuns: 100 })
}, 60_000)

test.each([
  ['what is there already', [2]],
  ['what is not next', [4]],
  ['what has a gap', [3, 5]],
  ['what is there twice', [3, 3]],
])('%s is not added', async (_, positions) => {
  const path = join(temporaryDirectory(), 'deal.jsonl')
  const file = await DealFile.open(path)
  await file.append([lineAt(1, ''), lineAt(2, '')])
  const before = readFileSync(path, 'utf8')
  await expect(file.append(positions.map((position) => lineAt(position, '')))).rejects.toThrow('Nothing was written')
  expect(readFileSync(path, 'utf8')).toBe(before)
  expect(file.cursor).toBe('cursor 2')
})
