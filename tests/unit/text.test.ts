import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { checkIdempotencyKey, checkKey, checkText, isKey } from '../../src/chat/text.js'

const check = (text: string, maxLength = 5) => checkText(text, { field: 'content', maxLength })
const refusal = (details: object) => expect.objectContaining({ code: 'BAD_USER_INPUT', details })

describe('a text', () => {
  test.each([
    ['at its limit', 'abcde'],
    ['of emoji, each one character', '🙂🙂🙂🙂🙂'],
    ['whose blanks around it are more than its limit', '\n\n\n\n  abcde  \t\t\t'],
    ['of one character among invisible ones', '\u200bx\u200b'],
    ['of a combining mark alone', '\u0301'],
    ['of a digit', '0'],
    ['in Arabic', 'سلام'],
  ])('%s is returned as it is', (_, text) => {
    expect(check(text)).toBe(text)
  })

  test.each([
    ['of one too many', 'abcdef', 6],
    ['of one emoji too many', '🙂🙂🙂🙂🙂🙂', 6],
    ['of a family, which is seven characters', '👨‍👩‍👧‍👦', 7],
    ['with invisible characters, which count', 'a\u200b\u200b\u200b\u200b\u200b', 6],
  ])('%s is too long', (_, text, length) => {
    expect(() => check(text)).toThrow(refusal({ field: 'content', limit: 5 }))
    expect(() => check(text)).toThrow(`${length} characters, at most 5`)
  })

  test.each([
    ['', 'nothing'],
    [' ', 'a blank'],
    ['\n\r\t\u0085\u00a0\u2028\u2029\u3000', 'white space'],
    ['\u200b\u200c\u200d\u2060\ufeff', 'zero-width characters'],
    ['\u200e\u202a\u202e\u2066', 'directions'],
    ['\u00ad\u034f\u061c\u180e', 'soft hyphens and joiners'],
    ['\u115f\u1160\u3164\uffa0', 'Hangul fillers'],
    ['\u2800', 'the blank braille cell'],
    ['\ufe0f\u{e0100}', 'variation selectors'],
    ['\u{e0041}\u{e007f}', 'tags'],
    ['\u0001\u007f\u009f', 'controls'],
    ['\u{1d173}', 'musical format controls'],
  ])('%j shows nothing: %s', (text) => {
    expect(() => check(text, 100)).toThrow(refusal({ field: 'content' }))
    expect(() => check(text, 100)).toThrow('visible')
  })

  test.each(['\ud83d', 'a\ud83d', '\ude42a', '\ude42\ud83d', 'a\ud83db'])('%j is not well-formed', (text) => {
    expect(() => check(text)).toThrow('well-formed')
    expect(() => check(text)).toThrow(refusal({ field: 'content' }))
  })

  test('with U+0000 is refused, wherever that stands', () => {
    for (const text of ['\0', '\0a', 'a\0', 'a\0b']) expect(() => check(text)).toThrow('U+0000')
  })

  test('is measured in code points, whatever it is', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.nat(), (anything, place) => {
        // With a letter somewhere, there is something to see.
        const characters = [...anything.replaceAll('\0', '')]
        const text = characters.toSpliced(place % (characters.length + 1), 0, 'x').join('')
        const length = [...text.trim()].length
        expect(check(text, length)).toBe(text)
        expect(() => check(text, length - 1)).toThrow(`${length} characters`)
      }),
      { numRuns: 50 },
    )
  })
})

describe('a key', () => {
  test.each(['a', 'k'.repeat(64), 'A-z_0.9:@', '0', '-'])('can be %j', (key) => {
    expect(isKey(key)).toBe(true)
    expect(checkKey(key, 'key')).toBe(key)
  })

  test.each(['', 'k'.repeat(65), 'a b', 'a/b', 'ä', 'a\n', '\na', 'a\0', 'a%b', '🙂'])('can not be %j', (key) => {
    expect(isKey(key)).toBe(false)
    expect(() => checkKey(key, 'key')).toThrow(refusal({ field: 'key', limit: 64 }))
  })
})

describe('an idempotency key', () => {
  const rules = { field: 'key', maxLength: 128 }

  test.each(['k', 'two words', 'k'.repeat(128), '🙂'.repeat(128), 'ä–☃'])('can be %j', (key) => {
    expect(checkIdempotencyKey(key, rules)).toBe(key)
  })

  test.each([null, undefined])('can be %s: none', (key) => {
    expect(checkIdempotencyKey(key, rules)).toBeNull()
  })

  test.each(['', 'k'.repeat(129), 'a\nb', 'a\0', '\u2028', '\u200b', '\ud83d', 'k\n'])('can not be %j', (key) => {
    expect(() => checkIdempotencyKey(key, rules)).toThrow(refusal({ field: 'key', limit: 128 }))
  })
})
