-- End one session: forgotten, its sid refused for good, its closing event owed.
-- KEYS  1 session   2 sessions of the device   3 revoked sid   4 owed events   5 events dropped
-- ARGV  1 sid   2 seconds to refuse it   3 owed event   4 owed events at most
redis.call('SET', KEYS[3], '1', 'EX', ARGV[2])
redis.call('SREM', KEYS[2], ARGV[1])
if redis.call('DEL', KEYS[1]) == 1 then
  if redis.call('LLEN', KEYS[4]) < tonumber(ARGV[4]) then
    redis.call('RPUSH', KEYS[4], ARGV[3])
  else
    redis.call('INCR', KEYS[5])
  end
end
return 'OK'
