// `npm run token`: prints a token for development, signed as the service expects it. The token alone goes to standard
// output, so that a shell can take it: TOKEN=$(npm run --silent token -- --user bea)

import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { main, UsageError } from './main.mjs'

const USAGE = `npm run token -- <for whom> [--expires-in <time>]

For whom, one of:
  --user <key>          the user of that key, for example one of the demo: bea, sam, ana, ari
  --partner <client>    the partner whose deals are registered under that client id
  --platform            the platform's own backend

For how long:
  --expires-in <time>   30s, 15m, 12h or 7d, for example; 1d when left out

It is signed with JWT_SECRET, or with the secret that a service without one keeps in DATA_DIR, and carries JWT_ISSUER and
JWT_AUDIENCE where they are set.`

const SECONDS = { s: 1, m: 60, h: 3_600, d: 86_400 }

await main(async () => {
  const request = readRequest(process.argv.slice(2))
  if (request === null) return console.log(USAGE)
  if (process.env.NODE_ENV === 'production') {
    throw new UsageError('In production tokens come from the platform: this is for development.')
  }
  const { signToken, StartupError } = await loadSources()
  try {
    const { token, expiresAt } = await signToken(request)
    process.stdout.write(`${token}\n`)
    console.error(`It is good until ${expiresAt.toISOString()}, for ${request.name}.`)
  } catch (error) {
    throw error instanceof StartupError ? new UsageError(error.message) : error
  }
})

/** Whom the token shall stand for, and for how long; null when it is help that was asked for. */
function readRequest(args) {
  const { user, partner, platform, 'expires-in': expiresIn, help } = parse(args)
  if (help) return null
  const wanted = [
    user !== undefined && { subject: user, name: `the user ${user}` },
    partner !== undefined && { clientId: partner, scopes: ['history:read'], name: `the partner ${partner}` },
    platform && { clientId: 'platform', scopes: ['platform'], name: 'the platform' },
  ].filter(Boolean)
  if (wanted.length !== 1) throw wrong('Say for whom: --user, --partner or --platform, one of them.')
  const [, count, unit] = /^([1-9]\d{0,5})([smhd])$/.exec(expiresIn) ?? []
  if (!unit) throw wrong('--expires-in must be a number with its unit, s, m, h or d: 12h for example.')
  return { ...wanted[0], lifetimeSeconds: Number(count) * SECONDS[unit] }
}

function parse(args) {
  try {
    const text = { type: 'string' }
    const options = {
      user: text,
      partner: text,
      platform: { type: 'boolean' },
      'expires-in': { ...text, default: '1d' },
      help: { type: 'boolean', short: 'h' },
    }
    return parseArgs({ args, options }).values
  } catch (error) {
    throw wrong(error.message)
  }
}

function wrong(message) {
  return new UsageError(`${message}\n\n${USAGE}`)
}

/** Only now: they need the packages. */
async function loadSources() {
  await import('tsx/esm/api').then(
    ({ register }) => register(),
    () => {
      throw new UsageError('The packages are missing: npm start installs them.')
    },
  )
  const { loadConfig } = await import('../src/config/config.ts')
  const { createTokenIssuer } = await import('../src/auth/token-issuer.ts')
  const { createTokenVerifier } = await import('../src/auth/token-verifier.ts')
  const { isClientId, MAX_CLIENT_ID_LENGTH } = await import('../src/auth/viewer.ts')
  const { isKey } = await import('../src/chat/text.ts')
  const { readOrCreateSecret } = await import('../src/platform/secret-file.ts')
  const { StartupError } = await import('../src/startup-error.ts')
  const signToken = async (request) => {
    const { tokens, dataDirectory } = loadConfig(process.env)
    if (tokens.keys.kind === 'jwks') {
      throw new UsageError('JWT_JWKS_URL is set: only the issuer whose keys are there can sign tokens.')
    }
    if (request.subject !== undefined && !isKey(request.subject)) {
      throw wrong('The key of a user is 1 to 64 characters out of A–Z a–z 0–9 . _ : @ -')
    }
    if (request.clientId !== undefined && !isClientId(request.clientId)) {
      throw wrong(`The client id of a partner is 1 to ${MAX_CLIENT_ID_LENGTH} printable characters.`)
    }
    const secret = tokens.keys.secret ?? (await readOrCreateSecret(join(dataDirectory, 'jwt-secret')))
    const token = await createTokenIssuer(secret, tokens)(request)
    const verify = createTokenVerifier({ ...tokens, keys: { secret } })
    const { expiresAt } = await verify(token)
    return { token, expiresAt }
  }
  return { signToken, StartupError }
}
