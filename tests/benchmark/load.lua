-- The requests of a file, one after the other, each from a network address of its own.
-- A line is: METHOD PATH [BODY]
local prepared, sent = {}, 0

function init(arguments)
   local number = 0
   for line in io.lines(arguments[1]) do
      local method, path, body = line:match("^(%S+) (%S+) ?(.*)$")
      number = number + 1
      local address = string.format("10.%d.%d.%d", math.floor(number / 65536) % 256,
                                    math.floor(number / 256) % 256, number % 256)
      wrk.headers["X-Forwarded-For"] = address
      prepared[number] = wrk.format(method, path, nil, body ~= "" and body or nil)
   end
end

function request()
   sent = sent % #prepared + 1
   return prepared[sent]
end

function done(summary, latency)
   local errors = summary.errors
   io.write(string.format(
      '\n{"requests": %d, "seconds": %f, "bytes": %d, "statuses": %d, "sockets": %d, "p50": %f, "p99": %f}\n',
      summary.requests, summary.duration / 1e6, summary.bytes, errors.status,
      errors.connect + errors.read + errors.write + errors.timeout,
      latency:percentile(50) / 1e3, latency:percentile(99) / 1e3))
end
