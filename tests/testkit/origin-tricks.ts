/** The origins of pages that may call. */
export const ALLOWED_ORIGINS = ['https://app.example.com', 'https://desk.example.com:8443'] as const

/** What others send to be taken for one of them. */
export const ORIGIN_TRICKS = [
  'https://evil.example',
  'http://app.example.com',
  'https://app.example.com.evil.example',
  'https://evilapp.example.com',
  'https://sub.app.example.com',
  'https://example.com',
  'https://app.example.com.',
  'https://app.example.com/',
  'https://app.example.com:443',
  'https://app.example.com:8443',
  'https://desk.example.com',
  'https://APP.example.com',
  'HTTPS://app.example.com',
  'https://app.example.com@evil.example',
  'https://evil.example/https://app.example.com',
  'https://app.example.com%00.evil.example',
  'https://app.example.com, https://evil.example',
  'https://app.example.com https://desk.example.com:8443',
  'http://localhost:3000',
  'file://',
  'null',
  '*',
  '',
] as const
