import { BadUserInputError } from '../errors.js'

/** All that shows nothing: white space, controls, zero-width and other format characters, fillers, the blank braille cell. */
const INVISIBLE = /^[\p{White_Space}\p{Cc}\p{Cf}\p{Default_Ignorable_Code_Point}\u2800]*$/u

/** How long may be what people write to each other, and what programs call it. Both are settings. */
export interface TextLimits {
  readonly maxContentLength: number
  readonly maxClientMessageIdLength: number
}

export interface TextRules {
  /** The input field, for the refusal. */
  readonly field: string
  /** In code points; of a text for people after trimming. */
  readonly maxLength: number
  /** Whether it is a line, such as a name: without control characters, and blanks around it count as well. */
  readonly isLine?: boolean
}

/**
 * Checks a text that people will read: well-formed Unicode, no U+0000, something visible, not too long. Returns it as
 * given.
 *
 * @throws {BadUserInputError} that says which rule it breaks.
 */
export function checkText(text: string, { field, maxLength, isLine = false }: TextRules): string {
  if (!text.isWellFormed()) {
    throw new BadUserInputError(`\`${field}\` is not well-formed Unicode: it has half of a surrogate pair.`, { field })
  }
  if (text.includes('\0')) throw new BadUserInputError(`\`${field}\` must not contain U+0000.`, { field })
  if (INVISIBLE.test(text))
    throw new BadUserInputError(`\`${field}\` must have at least one visible character.`, { field })
  if (isLine && /[\p{Cc}\p{Zl}\p{Zp}]/u.test(text)) {
    throw new BadUserInputError(`\`${field}\` must be one line, without control characters.`, { field })
  }
  const length = codePoints(isLine ? text : text.trim())
  if (length > maxLength) {
    throw new BadUserInputError(`\`${field}\` is too long: ${length} characters, at most ${maxLength} are allowed.`, {
      field,
      limit: maxLength,
    })
  }
  return text
}

function codePoints(text: string): number {
  let count = 0
  for (const _ of text) count += 1
  return count
}

const KEY = /^[A-Za-z0-9._:@-]{1,64}$/

/** Whether it can be a key: the platform's own id of a user or a transaction. */
export function isKey(text: string): boolean {
  return KEY.test(text)
}

/** @throws {BadUserInputError} when it can't be a key. */
export function checkKey(key: string, field: string): string {
  if (isKey(key)) return key
  throw new BadUserInputError(`\`${field}\` must be 1 to 64 characters out of A–Z a–z 0–9 . _ : @ -`, {
    field,
    limit: 64,
  })
}

const PRINTABLE = /^[^\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+$/u

/**
 * Checks an idempotency key: printable characters, at least one and not too many; null when there is none.
 *
 * @throws {BadUserInputError}
 */
export function checkIdempotencyKey(key: string | null | undefined, { field, maxLength }: TextRules): string | null {
  if (key == null) return null
  if (key.isWellFormed() && PRINTABLE.test(key) && codePoints(key) <= maxLength) return key
  const message = `\`${field}\` must be 1 to ${maxLength} printable characters.`
  throw new BadUserInputError(message, { field, limit: maxLength })
}
