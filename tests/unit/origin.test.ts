import { describe, expect, test } from 'vitest'
import { isAllowedOrigin } from '../../src/transport/origin.js'
import { ALLOWED_ORIGINS, ORIGIN_TRICKS } from '../testkit/origin-tricks.js'

describe('of a list, a page', () => {
  test.each(ALLOWED_ORIGINS)('of %s may call', (origin) => {
    expect(isAllowedOrigin(ALLOWED_ORIGINS, origin)).toBe(true)
  })

  test.each(ORIGIN_TRICKS)('of %j may not', (origin) => {
    expect(isAllowedOrigin(ALLOWED_ORIGINS, origin)).toBe(false)
  })
})

describe('of this very machine, a page', () => {
  test.each([
    'http://localhost',
    'http://localhost:3000',
    'https://localhost',
    'http://127.0.0.1:1',
    'http://[::1]:80',
  ])('of %s may call', (origin) => {
    expect(isAllowedOrigin('localhost', origin)).toBe(true)
  })

  test.each([
    'http://localhost.evil.example',
    'http://localhost:3000.evil.example',
    'http://localhost:80@evil.example',
    'http://127.0.0.1.evil.example',
    'http://evil.example/http://localhost',
    'http://localhost.',
    'http://localhost:',
    'http://LOCALHOST',
    'http://localhost\n',
    'ftp://localhost',
    'http://[::1].evil.example',
    'null',
    '',
  ])('of %j may not', (origin) => {
    expect(isAllowedOrigin('localhost', origin)).toBe(false)
  })
})

test('a program, which has no origin, may call', () => {
  expect(isAllowedOrigin([], undefined)).toBe(true)
})
