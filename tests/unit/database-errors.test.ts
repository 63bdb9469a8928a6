import { describe, expect, test } from 'vitest'
import { isDatabaseUnavailable, sqlStateOf } from '../../src/platform/database-errors.js'

const withFields = (fields: object, message = 'message') => Object.assign(new Error(message), fields)
/** As Prisma wraps what its driver adapter threw. */
const byPrisma = (code: string, cause: object) =>
  withFields({ code, meta: { driverAdapterError: withFields({ name: 'DriverAdapterError', cause }) } })

describe('the SQLSTATE', () => {
  test.each<[string, unknown, string | null]>([
    ['of an error of pg', withFields({ code: '23505' }), '23505'],
    ['of an error that Prisma wrapped', byPrisma('P2039', { originalCode: '23514', code: '23514' }), '23514'],
    [
      'of an error that Prisma gave a name',
      byPrisma('P2002', { originalCode: '23505', kind: 'UniqueConstraintViolation' }),
      '23505',
    ],
    ['of the cause of an error', new Error('wrapped', { cause: withFields({ code: '40001' }) }), '40001'],
    ['of one of several errors', new AggregateError([new Error('one'), withFields({ code: '57P01' })]), '57P01'],
    ['of what a plpgsql function raised', withFields({ code: 'P0001' }), 'P0001'],
    ['is none when only Prisma has a code', withFields({ code: 'P2025' }), null],
    ['is none when it is a socket that broke', withFields({ code: 'ECONNREFUSED' }), null],
    ['is none of a plain error', new Error('plain'), null],
    ['is none of what is no error', 'text', null],
    ['is none of nothing', null, null],
  ])('%s', (_, error, state) => {
    expect(sqlStateOf(error)).toBe(state)
  })
})

describe('the database could not be asked', () => {
  test.each<[string, unknown]>([
    ['when the connection broke', withFields({ code: '08006' })],
    ['when there are too many connections', withFields({ code: '53300' })],
    ['when the disk is full', withFields({ code: '53100' })],
    ['when it shuts down', withFields({ code: '57P01' })],
    ['when it starts up', byPrisma('P2039', { originalCode: '57P03', code: '57P03' })],
    ['when a statement took too long', withFields({ code: '57014' })],
    ['when a lock was not to be had', withFields({ code: '55P03' })],
    ['when it is a standby', withFields({ code: '25006' })],
    ['when the password was changed', byPrisma('P1000', { originalCode: '28P01', kind: 'AuthenticationFailed' })],
    ['when it was dropped', byPrisma('P1003', { originalCode: '3D000', kind: 'DatabaseDoesNotExist' })],
    ['when it takes no connections', withFields({ code: '55000', severity: 'FATAL' })],
    ['when nobody listens', withFields({ code: 'ECONNREFUSED' })],
    ['when nobody listens at any address', new AggregateError([withFields({ code: 'ECONNREFUSED' })])],
    ['when its name is unknown', withFields({ code: 'ENOTFOUND' })],
    ['when Prisma can not reach it', withFields({ code: 'P1001' })],
    ['when Prisma can not begin', withFields({ code: 'P2028' })],
    ['when pg lost it', new Error('Connection terminated unexpectedly')],
    ['when the pool has no connection in time', new Error('timeout exceeded when trying to connect')],
    ['when it hangs', new Error('Query read timeout')],
    ['when that is why something else failed', new Error('x', { cause: new Error('Connection terminated') })],
  ])('%s', (_, error) => {
    expect(isDatabaseUnavailable(error)).toBe(true)
  })
})

describe('the database answered', () => {
  test.each<[string, unknown]>([
    ['with a constraint', byPrisma('P2002', { originalCode: '23505' })],
    ['that a column is missing', withFields({ code: '42703', severity: 'ERROR' })],
    ['that the statement is wrong', withFields({ code: '42601' })],
    ['that an object is in the wrong state', withFields({ code: '55000', severity: 'ERROR' })],
    ['that there is no such row', withFields({ code: 'P2025' })],
    ['nothing: it is a fault of ours', new TypeError('Connection is not a function')],
    ['nothing: it is no error', undefined],
  ])('%s', (_, error) => {
    expect(isDatabaseUnavailable(error)).toBe(false)
  })
})

test('an error that is its own cause ends the search', () => {
  const error = new Error('round')
  error.cause = error
  expect(isDatabaseUnavailable(error)).toBe(false)
})
