import type { TokenIssuer } from '../auth/token-issuer.js'
import type { Address } from '../transport/listener.js'
import { DEMO_PEOPLE } from './demo-people.js'

const TOKEN_LIFETIME_S = 7 * 24 * 60 * 60

/** What a new user needs to look around: where to go, whom to be, and a command that works as it stands. */
export async function renderDemoPanel({ host, port }: Address, issueToken: TokenIssuer | null): Promise<string> {
  const origin = `http://${host === '0.0.0.0' || host === '127.0.0.1' ? 'localhost' : host}:${port}`
  const lines = [
    '',
    '  Escrow Chat is running.',
    '',
    `  Playground   ${origin}/graphql   (in a browser)`,
    `  HTTP         ${origin}/graphql`,
    `  WebSocket    ${origin.replace('http', 'ws')}/graphql   (protocol graphql-transport-ws)`,
    `  Health       ${origin}/health   ${origin}/ready`,
    '',
  ]
  lines.push(
    ...(issueToken
      ? await peopleAndCommand(origin, issueToken)
      : ['  The demo people have no tokens here: tokens come from where JWT_JWKS_URL points.', '']),
  )
  lines.push('  Ctrl-C ends it.', '')
  return `${lines.join('\n')}\n`
}

async function peopleAndCommand(origin: string, issueToken: TokenIssuer): Promise<string[]> {
  const people = await Promise.all(
    DEMO_PEOPLE.map(async ({ key, displayName, part }) => ({
      who: `${displayName}, the ${part}`,
      token: await issueToken({ subject: key, lifetimeSeconds: TOKEN_LIFETIME_S }),
    })),
  )
  const query = '{ transactions { nodes { id title status viewerUnreadCount lastMessage { content } } } }'
  return [
    '  Demo people, with tokens that are good for 7 days. In the playground, put one in place of PASTE_A_TOKEN_HERE.',
    '',
    ...people.flatMap(({ who, token }) => [`  ${who}`, `    ${token}`]),
    '',
    "  The first one's deals:",
    '',
    `curl -s ${origin}/graphql -H 'content-type: application/json' -H 'authorization: Bearer ${people[0]?.token}' -d '{"query":"${query}"}'`,
    '',
  ]
}
