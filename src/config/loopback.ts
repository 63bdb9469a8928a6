/** Whether a host is this machine, whatever way of writing it: as in a URL, or by itself. */
export function isLoopback(host: string): boolean {
  return /^(localhost|127(\.\d+){3}|\[?::1\]?)$/i.test(host)
}
