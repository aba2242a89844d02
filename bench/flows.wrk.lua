-- What coldswarm does without a script: a row for each request, a value taken from the answer, two checks.
local rows, drawn, failed, score = {}, 0, 0, nil

function init(args)
    for line in io.lines(args[1]) do
        local user, n = line:match("^(%w+),(%d+)$")
        if user then rows[#rows + 1] = {user, n} end
    end
end

function request()
    local row = rows[drawn % #rows + 1]
    drawn = drawn + 1
    local body = string.format('{"user":"%s","n":"%s"}', row[1], row[2])
    return wrk.format("POST", "/predict", {["Content-Type"] = "application/json"}, body)
end

function response(status, headers, body)
    score = body:match('"score":%s*([%d.]+)')
    if status ~= 200 or body:match('"class":"([^"]*)"') ~= "tabby cat" or not score then failed = failed + 1 end
end
