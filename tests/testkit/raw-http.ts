import { connect } from 'node:net'

/** An answer, as it came over the wire. */
export interface RawAnswer {
  readonly status: number
  /** By their names in lower case. */
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
  /** All of it. */
  readonly text: string
}

/** Sends bytes as they are, and reads until the server closes: for requests that no library would send. */
export async function exchange(url: string, request: string | Buffer): Promise<RawAnswer> {
  const { hostname, port } = new URL(url)
  const socket = connect(Number(port), hostname)
  socket.write(request)
  // What the server cuts off while something is under way to it has been answered before.
  const parts: Buffer[] = []
  socket.on('data', (part) => parts.push(part))
  await new Promise<void>((resolve) => socket.on('error', () => {}).once('close', () => resolve()))
  return readAnswer(Buffer.concat(parts).toString())
}

/** A request as it stands on the wire. Its connection is closed after the answer. */
export function wire(requestLine: string, headers: readonly string[] = [], body = ''): string {
  const lines = [`${requestLine} HTTP/1.1`, 'Host: localhost', 'Connection: close', ...headers]
  return `${lines.join('\r\n')}\r\n\r\n${body}`
}

function readAnswer(text: string): RawAnswer {
  const [head = '', ...bodies] = text.split('\r\n\r\n')
  const [statusLine = '', ...lines] = head.split('\r\n')
  const headers = lines.map((line): [string, string] => {
    const [name = '', ...value] = line.split(': ')
    return [name.toLowerCase(), value.join(': ')]
  })
  return {
    status: Number(statusLine.split(' ')[1]),
    headers: Object.fromEntries(headers),
    body: bodies.join('\r\n\r\n'),
    text,
  }
}
