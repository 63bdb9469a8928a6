import { BadUserInputError } from '../../errors.js'
import type { UserStatus } from '../../generated/prisma/client.js'
import { checkKey, checkText } from '../text.js'

const MAX_DISPLAY_NAME_LENGTH = 200
const MAX_AVATAR_URL_LENGTH = 2_000

/** What the platform says of a person. What is left out stays as it is; a null avatarUrl clears it. */
export interface UserInput {
  readonly key: string
  readonly displayName: string
  readonly avatarUrl?: string | null | undefined
  readonly status?: UserStatus | null | undefined
}

/** @throws {BadUserInputError} naming the first field at fault. */
export function checkUserInput(input: UserInput): UserInput {
  checkKey(input.key, 'key')
  checkText(input.displayName, { field: 'displayName', maxLength: MAX_DISPLAY_NAME_LENGTH, isLine: true })
  if (input.avatarUrl != null) checkAvatarUrl(input.avatarUrl)
  return input
}

function checkAvatarUrl(avatarUrl: string): void {
  const isWebAddress = URL.canParse(avatarUrl) && /^https?:$/.test(new URL(avatarUrl).protocol)
  if (isWebAddress && avatarUrl.length <= MAX_AVATAR_URL_LENGTH) return
  throw new BadUserInputError(
    `\`avatarUrl\` must be an http or https URL of at most ${MAX_AVATAR_URL_LENGTH} characters.`,
    {
      field: 'avatarUrl',
      limit: MAX_AVATAR_URL_LENGTH,
    },
  )
}
