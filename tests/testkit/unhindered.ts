/** No test of something else is held up by how often it asks. Tests of these limits set them. */
export const UNHINDERED = {
  SENDS_PER_SECOND: '100000',
  SEND_BURST: '100000',
  OPERATIONS_PER_MINUTE: '10000000',
  PARTNER_OPERATIONS_PER_MINUTE: '10000000',
  FAILED_AUTHENTICATIONS_PER_MINUTE: '10000000',
  MAX_SOCKETS_PER_USER: '10000',
  FRAMES_PER_SECOND: '100000',
  FRAME_BURST: '100000',
} as const
