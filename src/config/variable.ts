import { z } from 'zod'

/** One variable of the environment: what it means, in which unit, and what holds when it is left out. */
export interface Variable<Value> {
  readonly description: string
  /** What holds when it is left out, in words where it is not a plain value. */
  readonly default: string
  readonly schema: z.ZodType<Value>
}

export function variable<Value>(description: string, schema: z.ZodType<Value>, defaultText: string): Variable<Value> {
  return { description, schema, default: defaultText }
}

export const text = z.string().trim().min(1, 'must not be empty')

export function urlOf(...protocols: string[]) {
  return text.refine(
    (value) => URL.canParse(value) && protocols.includes(new URL(value).protocol),
    `must be a URL that begins with ${protocols.map((protocol) => `${protocol}//`).join(' or ')}`,
  )
}

export function wholeNumber(smallest: number, largest: number) {
  const range = `must be a whole number from ${smallest} to ${largest}`
  return text
    .regex(/^\d+$/, range)
    .transform(Number)
    .refine((value) => value >= smallest && value <= largest, range)
}
