-- What wrk sends: presigned request targets from a file, one a line, each thread its own share of them.
--
-- METHOD, TARGETS and BODY_BYTES come from the environment. Every body differs from every other in each MiB, so that a
-- server which keeps equal blocks once gains nothing by it. The last line printed is one JSON object.

local block_bytes = 1024 * 1024
local threads = 0

function setup(thread)
  thread:set("number", threads)
  threads = threads + 1
  thread:set("count", tonumber(os.getenv("THREADS")))
end

local targets = {}
local position = 0
local sent = 0
local method = os.getenv("METHOD")
local body_bytes = tonumber(os.getenv("BODY_BYTES") or "0")
local rest

function init()
  local line_number = 0
  for line in io.lines(os.getenv("TARGETS")) do
    if line_number % count == number then
      targets[#targets + 1] = line
    end
    line_number = line_number + 1
  end
  if body_bytes > 0 then
    local letters = {}
    math.randomseed(number + 1)
    for i = 1, math.min(body_bytes, block_bytes) do
      letters[i] = string.char(math.random(0, 255))
    end
    rest = table.concat(letters)
  end
end

local function body()
  if body_bytes == 0 then
    return nil
  end
  local blocks = {}
  local left = body_bytes
  while left > 0 do
    local mark = string.format("%d.%012d.%06d.", number, sent, #blocks)
    local size = math.min(left, block_bytes)
    blocks[#blocks + 1] = mark .. rest:sub(#mark + 1, size)
    left = left - size
  end
  return table.concat(blocks)
end

function request()
  position = position % #targets + 1
  sent = sent + 1
  return wrk.format(method, targets[position], nil, body())
end

function done(summary, latency, requests)
  local errors = summary.errors
  io.write(string.format(
    '{"requests": %d, "seconds": %.6f, "bytes": %d, "refused": %d, "broken": %d, "p50_ms": %.3f, "p99_ms": %.3f}\n',
    summary.requests, summary.duration / 1e6, summary.bytes, errors.status,
    errors.connect + errors.read + errors.write + errors.timeout,
    latency:percentile(50) / 1e3, latency:percentile(99) / 1e3))
end
