-- wrk: the reads of read.lua, none of which is kept ready. Ours by a query that no route knows and that makes each
-- another answer; without BENCH_USERS the stack to compare with, whose 10,000 users are asked once each.
local file = os.getenv("BENCH_USERS")
local users = file and file ~= "" and dofile(file)
local paths = { "/api/users/profile?", "/api/rucks?limit=20", "/api/stats/monthly?" }
local n = 0

function request()
  n = n + 1
  local path = paths[n % 3 + 1]
  if not users then
    return wrk.format("GET", path, { ["Authorization"] = "Bearer " .. (math.floor(n / 3) % 10000 + 1) })
  end
  return wrk.format("GET", path .. "&n=" .. n, { ["Authorization"] = "Bearer " .. users[n % #users + 1][1] })
end
