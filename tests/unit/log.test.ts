import { PassThrough } from 'node:stream'
import { describe, expect, test } from 'vitest'
import { createLogger } from '../../src/log.js'

function logTo(lines: Record<string, unknown>[], logLevel: 'info' | 'debug' = 'info') {
  return createLogger({ logLevel, logFormat: 'json' }, { write: (line) => lines.push(JSON.parse(line)) })
}

function thrownBy(work: () => unknown): unknown {
  try {
    return work()
  } catch (error) {
    return error
  }
}

function unreadable(value: string): Error {
  return Object.assign(new Error(`invalid input syntax for type json: ${value}`), { code: '22P02' })
}

describe('the log', () => {
  test.each<[string, object]>([
    ['tokens', { token: 'secret', params: { token: 'secret' } }],
    ['authorization', { authorization: 'Bearer secret', headers: { authorization: 'Bearer secret' } }],
    ['what people say', { content: 'secret', message: { content: 'secret' } }],
    ['a row that Postgres quotes', { err: Object.assign(new Error('refused'), { detail: 'Failing row: secret' }) }],
    [
      'a row that Postgres quotes inside of an error of Prisma',
      { err: Object.assign(new Error('refused'), { meta: { driverAdapterError: { cause: { detail: 'secret' } } } }) },
    ],
    ['where Postgres was', { err: Object.assign(new Error('refused'), { where: 'secret', internalQuery: 'secret' }) }],
    [
      'a value that Postgres could not read',
      { err: Object.assign(new Error('invalid input syntax for type uuid: "a "secret" b"'), { code: '22P02' }) },
    ],
    [
      'the same inside of errors of Prisma',
      {
        err: Object.assign(new Error('Raw query failed. Code: `22P02`. Message: `invalid: "secret"`'), {
          code: 'P2010',
          meta: {
            driverAdapterError: { cause: { originalCode: '22P02', originalMessage: 'invalid: "secret"' } },
          },
        }),
      },
    ],
    ['lines of a message that look like a stack', { err: unreadable('"\n    at secret"') }],
    ['JSON that can not be parsed', { err: thrownBy(() => JSON.parse('{"secret')) }],
    [
      'a command of Redis',
      { err: Object.assign(new Error('NOPERM'), { command: { name: 'publish', args: ['secret'] } }) },
    ],
    ['the claims of a token', { err: Object.assign(new Error('expired'), { payload: { sub: 'secret' } }) }],
    [
      'what hangs on a cause',
      { err: new Error('failed', { cause: Object.assign(new Error('x'), { row: 'secret' }) }) },
    ],
    ['what hangs on one of several', { err: new AggregateError([Object.assign(new Error('x'), { row: 'secret' })]) }],
    ['what is thrown and no error', { err: 'secret' }],
    ['a token in a text', { reason: 'for Bearer eyJhbGciOiJIUzI1NiJ9.secret.secret!' }],
  ])('says nothing of %s', (_, fields) => {
    const lines: Record<string, unknown>[] = []
    logTo(lines).info({ ...fields, requestId: 'id' }, 'Something happened')
    expect(lines).toMatchObject([{ requestId: 'id', msg: 'Something happened' }])
    expect(JSON.stringify(lines)).not.toContain('secret')
  })

  test('says what failed, and where', () => {
    const lines: Record<string, unknown>[] = []
    logTo(lines).error({ err: new TypeError('broken') }, 'It failed')
    expect(lines).toMatchObject([
      { level: 50, err: { type: 'TypeError', message: 'broken', stack: expect.stringContaining('log.test') } },
    ])
  })

  test('says of an error of the database which it was, and of what', () => {
    const lines: Record<string, unknown>[] = []
    const refused = Object.assign(new Error('duplicate key value'), {
      code: '23505',
      table: 'User',
      constraint: 'User_pkey',
    })
    logTo(lines).error({ err: new Error('It failed', { cause: refused }) }, 'It failed')
    expect(lines).toMatchObject([
      { err: { causes: [{ message: 'duplicate key value', code: '23505', table: 'User', constraint: 'User_pkey' }] } },
    ])
  })

  test.each(['json', 'pretty'] as const)('has no line in %s that somebody else wrote', (logFormat) => {
    const destination = new PassThrough({ encoding: 'utf8' })
    const forged = 'x\r\n[00:00:00] INFO: forged\u001b[2J\u009b1A\u2028\u202e'
    const err = Object.assign(new Error(forged), { code: forged })
    createLogger({ logLevel: 'info', logFormat }, destination).info({ err, requestId: forged }, forged)
    const text = String(destination.read())
    expect(text.split('\n').filter((line) => /^(\{|\[\d)/.test(line))).toHaveLength(1)
    expect(
      text
        .trimEnd()
        .split('\n')
        .slice(1)
        .filter((line) => !/^ {4}/.test(line)),
    ).toEqual([])
    for (const steering of '\r\u001b\u009b\u2028\u202e') expect(text).not.toContain(steering)
  })

  test('leaves out what is below its level', () => {
    const lines: Record<string, unknown>[] = []
    logTo(lines).debug('in detail')
    expect(lines).toEqual([])
    logTo(lines, 'debug').debug('in detail')
    expect(lines).toHaveLength(1)
  })
})
