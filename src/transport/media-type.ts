import type { IncomingMessage } from 'node:http'
import Negotiator from 'negotiator'

/** Those of GraphQL over HTTP. Who takes either gets the one whose statuses every client understands. */
const MEDIA_TYPES = ['application/json', 'application/graphql-response+json']
/** As they are asked for: whoever names the charset is given what they name. */
const OFFERED = [...MEDIA_TYPES, ...MEDIA_TYPES.map((type) => `${type}; charset=utf-8`)]

/**
 * In which media type a request is to be answered: of ours the one that its Accept likes best. Where it takes none of them it
 * is answered in JSON all the same, as RFC 9110, 12.5.1 allows: to find out after a mutation that its answer isn't wanted
 * would be too late, and a refusal would have to be written in some type as well.
 */
export function mediaTypeFor(request: IncomingMessage): string {
  const [type = 'application/json'] = new Negotiator(request).mediaType(OFFERED)?.split(';', 1) ?? []
  return type
}
