-- Claim one refresh proof and its key's turn, or change nothing.
-- KEYS  1 all claims   2 claims of the source   3 turn of the key
-- ARGV  1 now   2 claim   3 seconds it lives   4 claims in all at most
--       5 claims of a source at most   6 milliseconds of a turn
local known = redis.call('ZSCORE', KEYS[1], ARGV[2])
if known and tonumber(known) > tonumber(ARGV[1]) then return 'replayed' end
if redis.call('EXISTS', KEYS[3]) == 1 then return 'in_flight' end
local live = '(' .. ARGV[1]
if redis.call('ZCOUNT', KEYS[1], live, '+inf') >= tonumber(ARGV[4]) then return 'full' end
if redis.call('ZCOUNT', KEYS[2], live, '+inf') >= tonumber(ARGV[5]) then return 'full' end

-- The turn comes first: a full server refuses a script's first write only.
redis.call('SET', KEYS[3], '', 'PX', ARGV[6])
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', ARGV[1])
redis.call('ZREMRANGEBYSCORE', KEYS[2], '-inf', ARGV[1])
local ends = tonumber(ARGV[1]) + tonumber(ARGV[3])
redis.call('ZADD', KEYS[1], ends, ARGV[2])
redis.call('ZADD', KEYS[2], ends, ARGV[2])
redis.call('EXPIRE', KEYS[1], ARGV[3])
redis.call('EXPIRE', KEYS[2], ARGV[3])
return 'claimed'
