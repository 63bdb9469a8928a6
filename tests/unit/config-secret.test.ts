import { randomBytes, randomUUID } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { faultOf, isGuessable } from '../../src/config/secret.js'

describe('a secret is refused', () => {
  test.each(['', 'your-256-bit-secret', 'Xq7v2Lk9Zt4Wb8Rn1Yp6Md3Hs5Jc0Gf'])('that is short: %j', (secret) => {
    expect(faultOf(secret)).toMatch(/^must be at least 32 bytes long/)
  })

  test.each([
    ['jwt.io', 'a-string-secret-at-least-256-bits-long'],
    ['jwt.io, longer', 'a-valid-string-secret-that-is-at-least-512-bits-long-which-is-very-long'],
    ['Supabase', 'super-secret-jwt-token-with-at-least-32-characters-long'],
    ['Supabase, hosted by oneself', 'your-super-secret-jwt-token-with-at-least-32-characters-long'],
    ['Hasura', '3EK6FD+o0+c7tzBNVfjpMkNDi2yARAAKzQlk8O2IKoxQu4nF7EdAh8s3TwpHwrdWT6R'],
    ['FastAPI', '09d25e094faa6ca2556c818166b7a9563b93f7099f6f0f4caa6cf63b88e8d3e7'],
    ['PostgREST', 'reallyreallyreallyreallyverysafe'],
    ['Mercure', '!ChangeThisMercureHubJWTSecretKey!'],
    ['RFC 7515', 'AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qs0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow'],
    ['a tutorial of Spring', '404E635266556A586E3272357538782F413F4428472B4B6250645367566B5970'],
    [
      'a tutorial of .NET',
      'THIS IS USED TO SIGN AND VERIFY JWT TOKENS, REPLACE IT WITH YOUR OWN SECRET, IT CAN BE ANY STRING',
    ],
  ])('that everybody knows, from %s', (_, secret) => {
    expect(faultOf(secret)).toMatch(/^must not be one that documentation or public code tells everybody/)
  })

  test.each([
    'secretsecretsecretsecretsecretsecret',
    'changemechangemechangemechangeme',
    'your-256-bit-secret-your-256-bit-secret',
    'my-super-secret-jwt-secret-key-change-me',
    'PasswordPasswordPasswordPassword',
  ])('that only stands where one is to be put in: %s', (secret) => {
    expect(faultOf(secret)).toMatch(/^must not be one that documentation or public code tells everybody/)
  })
})

test.each([
  ['one character', 's'.repeat(64)],
  ['few characters', 'abcabbacabcacbacbaacbbcaabcabcacbb'],
  ['something again and again, the last time in part', 'k3J!v9Qz'.repeat(5).slice(0, 37)],
  ['half of what is needed, twice', '9f2c7ab15de80346'.repeat(2)],
  ['counting', 'abcdefghijklmnopqrstuvwxyz0123456789'],
  ['counting down', 'zyxwvutsrqponmlkjihgfedcba9876543210'],
])('a secret that is made of %s is taken, and can be guessed', (_, secret) => {
  expect([faultOf(secret), isGuessable(secret)]).toEqual([null, true])
})

test('random secrets are taken, however they are written', () => {
  const makers = [
    () => randomBytes(32).toString('hex'),
    () => randomBytes(32).toString('base64'),
    () => randomBytes(32).toString('base64url'),
    () => randomBytes(48).toString('base64'),
    randomUUID,
  ]
  const refused = Array.from({ length: 1_000 }, () => makers.map((make) => make()))
    .flat()
    .filter((secret) => faultOf(secret) !== null || isGuessable(secret))
  expect(refused).toEqual([])
})
