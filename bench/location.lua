-- wrk: each request is one user's next batch of 10 GPS points, all of them new.
-- BENCH_USERS: the table that make_users.py wrote.
local users = dofile(os.getenv("BENCH_USERS"))
local batches = 3000  -- a user; more than a run of half a minute takes
local bodies, sent = {}, {}
local base = os.time() - batches * 10

local function batch(n)
  local points = {}
  for i = 1, 10 do
    local second = n * 10 + i
    points[i] = string.format(
      '{"lat":%.6f,"lng":%.6f,"elevation_meters":%.1f,"timestamp":"%s","accuracy":%.1f,"speed":1.4}',
      40.78 + second * 0.0000126, -73.96, 50 + math.random() * 2,
      os.date("!%Y-%m-%dT%H:%M:%SZ", base + second), 5 + math.random() * 5)
  end
  return '{"points":[' .. table.concat(points, ",") .. ']}'
end

function init()
  math.randomseed(os.time())
  for n = 1, batches do bodies[n] = batch(n) end
  for i = 1, #users do sent[i] = 0 end
end

function request()
  local u = math.random(1, #users)
  sent[u] = sent[u] + 1
  return wrk.format("POST", "/api/rucks/" .. users[u][2] .. "/location",
    { ["Authorization"] = "Bearer " .. users[u][1], ["Content-Type"] = "application/json" },
    bodies[sent[u]])
end
