import type { TokenIssuer } from '../auth/token-issuer.js'
import type { UserService } from '../chat/user/user-service.js'
import type { Services } from '../graphql/context.js'
import type { Address } from '../transport/listener.js'
import { DEMO_PARTNER, DEMO_PEOPLE, DEMO_PLATFORM } from './demo-people.js'

const TOKEN_LIFETIME_S = 7 * 24 * 60 * 60

interface RunningDemo {
  readonly address: Address
  readonly services: Services
  /** Null when tokens are signed elsewhere. */
  readonly issueToken: TokenIssuer | null
  readonly hasPlayground: boolean
}

/** What a new user needs to look around: where to go, whom to be, and a command that works as it stands. */
export async function renderDemoPanel({
  address: { host, port },
  services,
  issueToken,
  hasPlayground,
}: RunningDemo): Promise<string> {
  const origin = `http://${host === '0.0.0.0' || host === '127.0.0.1' ? 'localhost' : host}:${port}`
  const lines = [
    '',
    '  Escrow Chat is running.',
    '',
    ...(hasPlayground ? [`  Playground   ${origin}/graphql   (in a browser)`] : []),
    `  HTTP         ${origin}/graphql`,
    `  WebSocket    ${origin.replace('http', 'ws')}/graphql   (protocol graphql-transport-ws)`,
    `  Health       ${origin}/health   ${origin}/ready`,
    '',
  ]
  lines.push(
    ...(issueToken
      ? await peopleAndCommand(origin, await tokens(services.user, issueToken), await partner(services, issueToken))
      : ['  The demo people have no tokens here: tokens come from where JWT_JWKS_URL points.', '']),
  )
  lines.push('  Ctrl-C ends it.', '')
  return `${lines.join('\n')}\n`
}

interface PersonWithToken {
  readonly who: string
  readonly token: string
}

/** The demo people who are there: a database that wasn't empty may know none of them. */
async function tokens(users: UserService, issueToken: TokenIssuer): Promise<PersonWithToken[]> {
  const known = await users.findVisible(
    DEMO_PLATFORM,
    DEMO_PEOPLE.map(({ key }) => key),
  )
  const present = DEMO_PEOPLE.filter(({ key }) => known.some((user) => user.key === key && user.status === 'ACTIVE'))
  return Promise.all(
    present.map(async ({ key, displayName, part }) => ({
      who: `${displayName}, the ${part}`,
      token: await issueToken({ subject: key, lifetimeSeconds: TOKEN_LIFETIME_S }),
    })),
  )
}

/** The demo's partner, if it has any deals: a database that was made before it was there has none of it. */
async function partner({ transaction }: Services, issueToken: TokenIssuer): Promise<string[]> {
  const { clientId, displayName } = DEMO_PARTNER
  const scopes = ['history:read']
  const viewer = { kind: 'PARTNER', clientId, scopes, tokenExpiresAt: DEMO_PLATFORM.tokenExpiresAt } as const
  const { rows } = await transaction.page(viewer, { first: 1 }, {})
  if (rows.length === 0) return []
  const token = await issueToken({ clientId, scopes, lifetimeSeconds: TOKEN_LIFETIME_S })
  return [
    `  ${displayName}, a partner: reads the history of its deals, with npm run mirror for example`,
    `    ${token}`,
  ]
}

function peopleAndCommand(origin: string, people: readonly PersonWithToken[], partner: readonly string[]): string[] {
  const [first] = people
  if (!first)
    return ['  The database has none of the demo people. A token for one of yours: npm run token -- --user <key>', '']
  const query = '{ transactions { nodes { id title status viewerUnreadCount lastMessage { content } } } }'
  return [
    '  Demo people, with tokens that are good for 7 days. In the playground, put one in place of PASTE_A_TOKEN_HERE.',
    '',
    ...people.flatMap(({ who, token }) => [`  ${who}`, `    ${token}`]),
    ...partner,
    '',
    '  The deals of the first, from a shell:',
    '',
    `curl -s ${origin}/graphql -H 'content-type: application/json' -H 'authorization: Bearer ${first.token}' -d '{"query":"${query}"}'`,
    '',
  ]
}
