-- wrk: each request is one user's next batch of 10 GPS points, all of them new. Heads and bodies are
-- made once and only put together here: a script that formats each request is slower than the server.
-- BENCH_USERS: the table that make_users.py wrote.
local users = dofile(os.getenv("BENCH_USERS"))
local batches = 3000  -- a user; more than a run of half a minute takes
local heads, bodies, sent = {}, {}, {}
local base = os.time() - batches * 10

local function body(n)
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
  for n = 1, batches do
    local text = body(n)
    bodies[n] = "Content-Length: " .. #text .. "\r\n\r\n" .. text
  end
  for i = 1, #users do
    sent[i] = 0
    heads[i] = "POST /api/rucks/" .. users[i][2] .. "/location HTTP/1.1\r\n" ..
      "Host: 127.0.0.1\r\nContent-Type: application/json\r\n" ..
      "Authorization: Bearer " .. users[i][1] .. "\r\n"
  end
end

function request()
  local u = math.random(1, #users)
  sent[u] = sent[u] + 1
  return heads[u] .. bodies[sent[u]]
end
