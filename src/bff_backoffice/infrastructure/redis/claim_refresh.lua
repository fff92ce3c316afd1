-- Claim one refresh proof and its key's turn, or change nothing.
-- KEYS  1 all claims   2 claims of the source   3 turn of the key
-- ARGV  1 now   2 claim   3 seconds it lives   4 claims in all at most
--       5 claims of a source at most   6 milliseconds of a turn
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', ARGV[1])
redis.call('ZREMRANGEBYSCORE', KEYS[2], '-inf', ARGV[1])
if redis.call('ZSCORE', KEYS[1], ARGV[2]) then return 'replayed' end
if redis.call('EXISTS', KEYS[3]) == 1 then return 'in_flight' end
if redis.call('ZCARD', KEYS[1]) >= tonumber(ARGV[4]) then return 'full' end
if redis.call('ZCARD', KEYS[2]) >= tonumber(ARGV[5]) then return 'full' end
local ends = tonumber(ARGV[1]) + tonumber(ARGV[3])
redis.call('ZADD', KEYS[1], ends, ARGV[2])
redis.call('ZADD', KEYS[2], ends, ARGV[2])
redis.call('EXPIRE', KEYS[1], ARGV[3])
redis.call('EXPIRE', KEYS[2], ARGV[3])
redis.call('SET', KEYS[3], '', 'PX', ARGV[6])
return 'claimed'
