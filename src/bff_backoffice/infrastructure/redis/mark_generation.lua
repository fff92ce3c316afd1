-- Mark the generation that is current, never an earlier one over a later one.
-- KEYS  1 generation marker        ARGV  1 generation
local marker = redis.call('GET', KEYS[1])
if not marker or tonumber(marker) < tonumber(ARGV[1]) then
  redis.call('SET', KEYS[1], ARGV[1])
end
return 'OK'
