-- wrk: profile, rucks and monthly statistics in turn over 200 users. The requests are made once: a
-- script that formats each of them is slower than the server.
-- BENCH_USERS: the table that make_users.py wrote.
local users = dofile(os.getenv("BENCH_USERS"))
local paths = { "/api/users/profile", "/api/rucks?limit=20", "/api/stats/monthly" }
local requests, n = {}, 0

function init()
  for i = 1, 600 do
    requests[i] = wrk.format("GET", paths[i % 3 + 1],
      { ["Authorization"] = "Bearer " .. users[i % 200 + 1][1] })
  end
end

function request()
  n = n % 600 + 1
  return requests[n]
end
