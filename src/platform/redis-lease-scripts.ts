const NOW = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
`

/** A member is held under a key for so many milliseconds. The key lives as long as the last of its leases. */
export const HOLD = `${NOW}
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now)
redis.call('ZADD', KEYS[1], now + ARGV[2], ARGV[1])
local last = redis.call('ZRANGE', KEYS[1], -1, -1, 'WITHSCORES')
redis.call('PEXPIREAT', KEYS[1], last[2])
return 1
`

/** The same unless so many are held already; the answer is 1 when it is held now, else 0. */
export const HOLD_AT_MOST = `${NOW}
if #redis.call('ZRANGEBYSCORE', KEYS[1], string.format('(%.0f', now), '+inf') >= tonumber(ARGV[3]) then return 0 end
${HOLD}`

/** A member is held no more; the answer is 1 when it was until now, else 0. */
export const RELEASE = `${NOW}
local expires = redis.call('ZSCORE', KEYS[1], ARGV[1])
redis.call('ZREM', KEYS[1], ARGV[1])
return expires and tonumber(expires) > now and 1 or 0
`

/**
 * For each key its members, each with how many milliseconds it is still held; the one that runs out first being first.
 * What is no sorted set is none of ours: nothing is held there, and the other keys have their answers.
 */
export const READ = `${NOW}
local answers = {}
for index, key in ipairs(KEYS) do
  local held = redis.pcall('ZRANGEBYSCORE', key, string.format('(%.0f', now), '+inf', 'WITHSCORES')
  if held.err then held = {} end
  for place = 2, #held, 2 do held[place] = held[place] - now end
  answers[index] = held
end
return answers
`
