-- Admit one request, or change nothing. Every check comes before every write.
--
-- KEYS  1 generation marker   2 proof claim       3 quota of the key
--       4 session             5 sessions of the device
--       6-8 revoked before (tenant, operator, device)   9 revoked sid
--       10 scope of the operator   11 owed session events   12 count of events dropped
-- ARGV  1 generation   2 auth_time   3 claim seconds   4 quota   5 session seconds
--       6 sid   7 session to open, or empty   8 owed event   9 owed events at most
local marker = redis.call('GET', KEYS[1])
if marker ~= ARGV[1] then return {'generation_unknown'} end

local revoked = redis.call('MGET', KEYS[6], KEYS[7], KEYS[8], KEYS[9])
for i = 1, 3 do
  local before = revoked[i]
  if before and (before == 'suspended' or tonumber(ARGV[2]) <= tonumber(before)) then
    return {'revoked'}
  end
end
if revoked[4] then return {'revoked'} end

if redis.call('EXISTS', KEYS[2]) == 1 then return {'replayed'} end
local used = redis.call('GET', KEYS[3])
if used and tonumber(used) >= tonumber(ARGV[4]) then return {'quota_spent'} end

local session = redis.call('GET', KEYS[4])
if not session and ARGV[7] == '' then return {'session_missing'} end

-- The claim comes first: a full server refuses a script's first write only, and only where
-- that needs memory. After an EXPIRE it would let all the others pass its limit.
redis.call('SET', KEYS[2], '', 'EX', ARGV[3])
if not session then
  session = ARGV[7]
  redis.call('SET', KEYS[4], session, 'EX', ARGV[5])
  redis.call('SADD', KEYS[5], ARGV[6])
  if redis.call('LLEN', KEYS[11]) < tonumber(ARGV[9]) then
    redis.call('RPUSH', KEYS[11], ARGV[8])
  else
    redis.call('INCR', KEYS[12])
  end
else
  redis.call('EXPIRE', KEYS[4], ARGV[5])
end
redis.call('EXPIRE', KEYS[5], ARGV[5])

if redis.call('INCR', KEYS[3]) == 1 then redis.call('EXPIRE', KEYS[3], ARGV[3]) end
return {'admitted', session, redis.call('GET', KEYS[10]) or ''}
