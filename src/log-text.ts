/** Steers a terminal, begins a line, or turns text around. */
const STEERING = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu
/** The same but for what JSON writes out by itself, and the end of the line. */
const STEERING_IN_JSON = /[\u007f-\u009f\p{Cf}\p{Zl}\p{Zp}]/gu
/** A signed token begins so: `{"` in base64url. */
const TOKEN = /\beyJ[\w-]{8,}\.[\w-]+\.[\w-]*/g

/** A text on one line, with what steers written out. */
export function visible(text: string): string {
  return text.replace(STEERING, writtenOut)
}

/** A finished line: what steers is written out in all of its values, and a token, wherever it comes from, is left out. */
export function safeLine(line: string): string {
  return line.replace(TOKEN, '…').replace(STEERING_IN_JSON, (character) => `\\${writtenOut(character)}`)
}

function writtenOut(character: string): string {
  return `\\u{${character.codePointAt(0)?.toString(16) ?? ''}}`
}
