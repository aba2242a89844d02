/* What a scenario may not say: for each mistake its place, line and column from 1, and the whole
 * text. */
#include "scenario/helpers.h"

/* FOLDER stands for the test's folder. */
static const struct {
    const char *text, *error;
} bad[] = {
    {"[]", "s.json:1:1: a scenario must be an object, { ... }, not an array"},
    {"{\"tasks\":[{}]}", "s.json:1:1: \"load\" is missing; write \"load\": {\"users\": 10, "
                         "\"spawn_rate\": 1, \"duration\": \"1m\"}"},
    {"{\"load\":{\"users\":1,\"duration\":1}}",
     "s.json:1:1: \"tasks\" is missing; write \"tasks\": [{\"path\": \"/\"}]"},
    {"{\"load\":{\"users\":1,\"duration\":1},\"tasks\":[{}]",
     "s.json:1:46: expected ',' or '}', not the end of the file"},
    {"{\"taget\":\"http://x\",\n\"load\":{\"users\":1,\"duration\":1},\"tasks\":[{}]}",
     "s.json:1:2: unknown key \"taget\" in a scenario; did you mean \"target\"?"},
    {"{\"zzzzzzzz\":1,\n\"load\":{\"users\":1,\"duration\":1},\"tasks\":[{}]}",
     "s.json:1:2: unknown key \"zzzzzzzz\" in a scenario; known are: $schema, name, target, load, "
     "wait, timeout, connect_timeout, headers, auth, http, tasks, loads, users, sequence, "
     "variables, feeders, setup, teardown, on_start, on_stop, scrape, thresholds"},
    {"{\"users\":10,\n\"load\":{\"users\":1,\"duration\":1},\"tasks\":[{}]}",
     "s.json:1:10: \"users\" must be an array of classes of users here; the number of users "
     "belongs in \"load\""},
    {"{\"name\":\"a\",\n\t\"name\":\"b\",\n\"load\":{\"users\":1,\"duration\":1},\"tasks\":[{}]}",
     "s.json:2:2: \"name\" is given twice, first in line 1; remove one"},
    {"{\"name\":1,\n\"load\":{\"users\":1,\"duration\":1},\"tasks\":[{}]}",
     "s.json:1:9: \"name\" must be a string, not a number"},
    {"{\"name\":\"\",\n\"load\":{\"users\":1,\"duration\":1},\"tasks\":[{}]}",
     "s.json:1:9: \"name\" is empty; remove it or write a name"},
    {"{\"name\":\"a\\u0000b\",\n\"load\":{\"users\":1,\"duration\":1},\"tasks\":[{}]}",
     "s.json:1:9: \"name\" cannot contain \\u0000"},
    {"{\"name\":\"${env.USER}\",\n\"load\":{\"users\":1,\"duration\":1},\"tasks\":[{}]}",
     "s.json:1:9: \"name\" is stored and shown, so it cannot contain ${...}; write plain text"},
    {"{\"target\":7,\n\"load\":{\"users\":1,\"duration\":1},\"tasks\":[{}]}",
     "s.json:1:11: \"target\" must be a string, not a number"},
    {"{\"target\":\"ftp://x\",\n\"load\":{\"users\":1,\"duration\":1},\"tasks\":[{}]}",
     "s.json:1:11: \"ftp://x\" cannot be the target: only http:// and https:// are supported"},
    {"{\"target\":\"http://x/"
     "${env.LINES}\",\n\"load\":{\"users\":1,\"duration\":1},\"tasks\":[{}]}",
     "s.json:1:11: \"http://x/${env.LINES}\" cannot be the target: it contains a control character "
     "(a line end?)"},
    {"{\"target\":\"http://${env.NOPE}\",\n\"load\":{\"users\":1,\"duration\":1},\"tasks\":[{}]}",
     "s.json:1:19: NOPE is not set; set NOPE in the environment"},
    {"{\"load\":{\"users\":0,\"duration\":1},\"tasks\":[{}]}",
     "s.json:1:18: \"users\" must be a whole number from 1 to 10000000, not 0"},
    {"{\"load\":{\"users\":-1,\"duration\":1},\"tasks\":[{}]}",
     "s.json:1:18: \"users\" must be a whole number from 1 to 10000000, not -1"},
    {"{\"load\":{\"users\":1.5,\"duration\":1},\"tasks\":[{}]}",
     "s.json:1:18: \"users\" must be a whole number from 1 to 10000000, not 1.5"},
    {"{\"load\":{\"users\":10000001,\"duration\":1},\"tasks\":[{}]}",
     "s.json:1:18: \"users\" must be a whole number from 1 to 10000000, not 10000001"},
    {"{\"load\":{\"users\":1e99,\"duration\":1},\"tasks\":[{}]}",
     "s.json:1:18: \"users\" must be a whole number from 1 to 10000000, not 1e99"},
    {"{\"load\":{\"users\":\"10\",\"duration\":1},\"tasks\":[{}]}",
     "s.json:1:18: \"users\" must be a number, not a string"},
    {"{\"load\":{\"users\":1},\"tasks\":[{}]}",
     "s.json:1:9: \"duration\" is missing here; write {\"users\": 10, \"spawn_rate\": 1, "
     "\"duration\": \"1m\"}, {\"rate\": 50, \"duration\": \"1m\"}, "
     "{\"stages\": [...]} or {\"trace\": FILE}"},
    {"{\"load\":{\"duration\":1},\"tasks\":[{}]}",
     "s.json:1:9: \"users\" is missing here; write {\"users\": 10, \"spawn_rate\": 1, "
     "\"duration\": \"1m\"}, {\"rate\": 50, \"duration\": \"1m\"}, "
     "{\"stages\": [...]} or {\"trace\": FILE}"},
    {"{\"load\":[],\"tasks\":[{}]}", "s.json:1:9: \"load\" must be an object, not an array"},
    {"{\"load\":{\"users\":1,\"duration\":0},\"tasks\":[{}]}",
     "s.json:1:31: \"duration\" must be more than 0"},
    {"{\"load\":{\"users\":1,\"duration\":\"0.0000000001s\"},\"tasks\":[{}]}",
     "s.json:1:31: \"duration\" must be more than 0"},
    {"{\"load\":{\"users\":1,\"duration\":-5},\"tasks\":[{}]}",
     "s.json:1:31: \"duration\": a duration cannot be -5; write it like 250ms, 5s, 2m or 1h30m"},
    {"{\"load\":{\"users\":1,\"duration\":\"5 s\"},\"tasks\":[{}]}",
     "s.json:1:31: \"duration\": \"5 s\" is not a duration; write it like 250ms, 5s, 2m or 1h30m"},
    {"{\"load\":{\"users\":1,\"duration\":1e12},\"tasks\":[{}]}",
     "s.json:1:31: \"duration\": 1e+12 seconds is longer than ten years"},
    {"{\"load\":{\"users\":1,\"duration\":1e999},\"tasks\":[{}]}",
     "s.json:1:31: \"duration\" is too large"},
    {"{\"load\":{\"users\":1,\"duration\":true},\"tasks\":[{}]}",
     "s.json:1:31: \"duration\" must be a duration like \"250ms\" or a number of seconds, not true "
     "or false"},
    {"{\"load\":{\"users\":1,\"duration\":\"1\\u0000s\"},\"tasks\":[{}]}",
     "s.json:1:31: \"duration\" must be a duration like \"250ms\" or a number of seconds, not a "
     "string"},
    {"{\"load\":{\"users\":1,\"duration\":1,\"spawn_rate\":0},\"tasks\":[{}]}",
     "s.json:1:46: \"spawn_rate\" must be more than 0; it is the number of users to start per "
     "second"},
    {"{\"load\":{\"users\":1,\"duration\":1,\"spawn_rate\":-2},\"tasks\":[{}]}",
     "s.json:1:46: \"spawn_rate\" must be more than 0; it is the number of users to start per "
     "second"},
    {"{\"load\":{\"users\":1,\"duration\":1,\"spawn_rate\":1e999},\"tasks\":[{}]}",
     "s.json:1:46: \"spawn_rate\" must be more than 0; it is the number of users to start per "
     "second"},
    {"{\"load\":{\"users\":1,\"duration\":1,\"start_users\":1},\"tasks\":[{}]}",
     "s.json:1:33: \"start_users\" applies only with \"stages\" of users; remove it"},
    {"{\"load\":{\"users\":1,\"duration\":1,\"rate\":1},\"tasks\":[{}]}",
     "s.json:1:10: \"users\" cannot be combined with \"rate\"; remove one of them"},
    {"{\"load\":{\"rate\":0,\"duration\":1},\"tasks\":[{}]}",
     "s.json:1:17: \"rate\" must be from 0.000001 to 10000000 per second, not 0"},
    {"{\"load\":{\"rate\":-3,\"duration\":1},\"tasks\":[{}]}",
     "s.json:1:17: \"rate\" must be from 0.000001 to 10000000 per second, not -3"},
    {"{\"load\":{\"rate\":10000000.5,\"duration\":1},\"tasks\":[{}]}",
     "s.json:1:17: \"rate\" must be from 0.000001 to 10000000 per second, not 10000000.5"},
    {"{\"load\":{\"rate\":1e999,\"duration\":1},\"tasks\":[{}]}",
     "s.json:1:17: \"rate\" must be from 0.000001 to 10000000 per second, not 1e999"},
    {"{\"load\":{\"rate\":4e-7,\"duration\":1},\"tasks\":[{}]}",
     "s.json:1:17: \"rate\" must be from 0.000001 to 10000000 per second, not 4e-7"},
    {"{\"load\":{\"rate\":\"5/s\",\"duration\":1},\"tasks\":[{}]}",
     "s.json:1:17: \"rate\" must be a number, not a string"},
    {"{\"load\":{\"rate\":5},\"tasks\":[{}]}",
     "s.json:1:9: \"duration\" is missing here; write {\"rate\": 50, \"duration\": \"1m\"}"},
    {"{\"load\":{\"rate\":5,\"duration\":\"0s\"},\"tasks\":[{}]}",
     "s.json:1:30: \"duration\" must be more than 0"},
    {"{\"load\":{\"rate\":5,\"duration\":1,\"spawn_rate\":1},\"tasks\":[{}]}",
     "s.json:1:32: \"spawn_rate\" cannot be combined with \"rate\"; remove one of them"},
    {"{\"load\":{\"rate\":5,\"duration\":1,\"start_rate\":1},\"tasks\":[{}]}",
     "s.json:1:32: \"start_rate\" applies only with \"stages\" of rates; remove it"},
    {"{\"load\":{\"rate\":5,\"duration\":1,\"arrivals\":\"random\"},\"tasks\":[{}]}",
     "s.json:1:43: \"arrivals\" must be \"constant\" or \"poisson\""},
    {"{\"load\":{\"rate\":5,\"duration\":1,\"max_users\":0},\"tasks\":[{}]}",
     "s.json:1:44: \"max_users\" must be a whole number from 1 to 10000000, not 0"},
    {"{\"load\":{\"rate\":5,\"duration\":1,\"queue_timeout\":-1},\"tasks\":[{}]}",
     "s.json:1:48: \"queue_timeout\": a duration cannot be -1; write it like 250ms, 5s, 2m or "
     "1h30m"},
    {"{\"load\":{\"rate\":5,\"duration\":1,\"spread\":\"wide\"},\"tasks\":[{}]}",
     "s.json:1:41: \"spread\" must be true, false or a number of users"},
    {"{\"load\":{\"rate\":5,\"duration\":1,\"spread\":0},\"tasks\":[{}]}",
     "s.json:1:41: \"spread\" must be a whole number from 1 to 10000000, not 0"},
    {"{\"load\":{\"rate\":5,\"duration\":1,\"max_users\":9,\"spread\":10},\"tasks\":[{}]}",
     "s.json:1:55: \"spread\" is greater than \"max_users\", which is 9; lower \"spread\" or raise "
     "\"max_users\""},
    {"{\"load\":{\"users\":5,\"duration\":1,\"spread\":true},\"tasks\":[{}]}",
     "s.json:1:33: \"spread\" applies only with \"rate\" or \"trace\"; remove it"},
    {"{\"load\":{\"users\":5,\"duration\":1,\"max_users\":9},\"tasks\":[{}]}",
     "s.json:1:33: \"max_users\" applies only with \"rate\" or \"trace\"; remove it"},
    {"{\"load\":{\"rate\":5,\"stages\":[{\"duration\":1,\"rate\":1}]},\"tasks\":[{}]}",
     "s.json:1:10: \"rate\" cannot be combined with \"stages\"; remove one of them"},
    {"{\"load\":{\"stages\":[{\"duration\":1,\"rate\":1},{\"duration\":1,\"users\":1}]},\"tasks\":["
     "{}]}",
     "s.json:1:58: \"users\" among stages of \"rate\"; all stages of a load must use the same key"},
    {"{\"load\":{\"stages\":[{\"duration\":1,\"users\":1},{\"duration\":1,\"rate\":1}]},\"tasks\":["
     "{}]}",
     "s.json:1:59: \"rate\" among stages of \"users\"; all stages of a load must use the same key"},
    {"{\"load\":{\"stages\":[{\"duration\":1,\"rate\":1,\"users\":1}]},\"tasks\":[{}]}",
     "s.json:1:43: \"users\" among stages of \"rate\"; all stages of a load must use the same key"},
    {"{\"load\":{\"stages\":[{\"duration\":1,\"rate\":1},{\"duration\":1}]},\"tasks\":[{}]}",
     "s.json:1:44: \"rate\" is missing here; a stage is {\"duration\": \"30s\", \"rate\": 50}"},
    {"{\"load\":{\"stages\":[{\"duration\":1,\"rate\":10000001}]},\"tasks\":[{}]}",
     "s.json:1:41: \"rate\" must be 0 or from 0.000001 to 10000000 per second, not 10000001"},
    {"{\"load\":{\"start_rate\":5,\"stages\":[{\"duration\":0,\"rate\":0},{\"duration\":1,\"rate\":"
     "0}]},\"tasks\":[{}]}",
     "s.json:1:34: these stages never send a request; raise \"rate\""},
    {"{\"load\":{\"start_rate\":5,\"stages\":[{\"duration\":1,\"users\":1}]},\"tasks\":[{}]}",
     "s.json:1:10: \"start_rate\" applies only with \"stages\" of rates; remove it"},
    {"{\"load\":{\"start_users\":5,\"stages\":[{\"duration\":1,\"rate\":1}]},\"tasks\":[{}]}",
     "s.json:1:10: \"start_users\" applies only with \"stages\" of users; remove it"},
    {"{\"load\":{\"stages\":[{\"duration\":1,\"users\":1}],\"users\":1},\"tasks\":[{}]}",
     "s.json:1:46: \"users\" cannot be combined with \"stages\"; remove one of them"},
    {"{\"load\":{\"stages\":[]},\"tasks\":[{}]}",
     "s.json:1:19: \"stages\" must hold 1 to 10000 stages, not 0"},
    {"{\"load\":{\"stages\":[{\"duration\":1}]},\"tasks\":[{}]}",
     "s.json:1:20: \"users\" is missing here; a stage is {\"duration\": \"30s\", \"users\": 10}"},
    {"{\"load\":{\"stages\":[{\"duration\":1,\"users\":1},7]},\"tasks\":[{}]}",
     "s.json:1:45: this must be an object, not a number"},
    {"{\"load\":{\"stages\":[{\"duration\":1,\"users\":1,\"user\":1}]},\"tasks\":[{}]}",
     "s.json:1:44: unknown key \"user\" in a stage; did you mean \"users\"?"},
    {"{\"load\":{\"stages\":[{\"duration\":0,\"users\":1}]},\"tasks\":[{}]}",
     "s.json:1:19: the stages have no duration; give one a \"duration\""},
    {"{\"load\":{\"stages\":[{\"duration\":1,\"users\":0}]},\"tasks\":[{}]}",
     "s.json:1:19: these stages never start a user; raise \"users\""},
    {"{\"load\":{\"stages\":[{\"duration\":\"80000h\",\"users\":1},{\"duration\":\"80000h\","
     "\"users\":1}]},\"tasks\":[{}]}",
     "s.json:1:52: the stages together last more than ten years"},
    {"{\"load\":{\"stages\":[{\"duration\":1,\"users\":1}],\"start_users\":-1},\"tasks\":[{}]}",
     "s.json:1:60: \"start_users\" must be a whole number from 0 to 10000000, not -1"},
    {"{\"wait\":{},\n\"load\":{\"users\":1,\"duration\":1},\"tasks\":[{}]}",
     "s.json:1:9: \"wait\" must hold one of \"constant\", \"between\", \"pacing\", \"throughput\" "
     "and \"poisson\", not 0 of them"},
    {"{\"wait\":{\"constant\":1,\"between\":[1,2]},\n\"load\":{\"users\":1,\"duration\":1},"
     "\"tasks\":[{}]}",
     "s.json:1:9: \"wait\" must hold one of \"constant\", \"between\", \"pacing\", \"throughput\" "
     "and \"poisson\", not 2 of them"},
    {"{\"wait\":{\"between\":[1]},\n\"load\":{\"users\":1,\"duration\":1},\"tasks\":[{}]}",
     "s.json:1:20: \"between\" must hold two durations, the shortest and the longest, not 1"},
    {"{\"wait\":{\"between\":[2,1]},\n\"load\":{\"users\":1,\"duration\":1},\"tasks\":[{}]}",
     "s.json:1:20: the first duration of \"between\" is longer than the second; swap them"},
    {"{\"wait\":{\"between\":[1,\"x\"]},\n\"load\":{\"users\":1,\"duration\":1},\"tasks\":[{}]}",
     "s.json:1:23: this: \"x\" is not a duration; write it like 250ms, 5s, 2m or 1h30m"},
    {"{\"wait\":{\"pacing\":\"0s\"},\"load\":{\"users\":1,\"duration\":1},\"tasks\":[{}]}",
     "s.json:1:19: \"pacing\" must be more than 0; remove \"wait\" for no pause"},
    {"{\"wait\":{\"throughput\":0},\"load\":{\"users\":1,\"duration\":1},\"tasks\":[{}]}",
     "s.json:1:23: \"throughput\" must be from 0.000001 to 10000000 per second, not 0"},
    {"{\"wait\":{\"poisson\":\"1\"},\"load\":{\"users\":1,\"duration\":1},\"tasks\":[{}]}",
     "s.json:1:20: \"poisson\" must be a number, not a string"},
    {"{\"timeout\":0,\n\"load\":{\"users\":1,\"duration\":1},\"tasks\":[{}]}",
     "s.json:1:12: \"timeout\" must be more than 0"},
    {"{\"connect_timeout\":0,\n\"load\":{\"users\":1,\"duration\":1},\"tasks\":[{}]}",
     "s.json:1:20: \"connect_timeout\" must be more than 0"},
    {"{\"timeout\":\"2s\",\"connect_timeout\":\"3s\",\n\"load\":{\"users\":1,\"duration\":1},"
     "\"tasks\":[{}]}",
     "s.json:1:35: \"connect_timeout\" is longer than \"timeout\" (2s), which includes it"},
    {"{\"connect_timeout\":\"61s\",\n\"load\":{\"users\":1,\"duration\":1},\"tasks\":[{}]}",
     "s.json:1:20: \"connect_timeout\" is longer than \"timeout\" (60s unless given), which "
     "includes it"},
    {"{\"headers\":[],\n\"load\":{\"users\":1,\"duration\":1},\"tasks\":[{}]}",
     "s.json:1:12: \"headers\" must be an object, not an array"},
    {"{\"headers\":{\"X\":1},\n\"load\":{\"users\":1,\"duration\":1},\"tasks\":[{}]}",
     "s.json:1:17: \"X\" must be a string, not a number"},
    {"{\"headers\":{\"X Y\":\"1\"},\n\"load\":{\"users\":1,\"duration\":1},\"tasks\":[{}]}",
     "s.json:1:13: \"X Y\": a header name can contain only letters, digits and -"},
    {"{\"headers\":{\"\":\"1\"},\n\"load\":{\"users\":1,\"duration\":1},\"tasks\":[{}]}",
     "s.json:1:13: \"\": a header name can contain only letters, digits and -"},
    {"{\"headers\":{\"X\\r\\nY\":\"1\"},\n\"load\":{\"users\":1,\"duration\":1},\"tasks\":[{}]}",
     "s.json:1:13: \"X\r\n"
     "Y\": a header name can contain only letters, digits and -"},
    {"{\"headers\":{\"content-length\":\"1\"},\n\"load\":{\"users\":1,\"duration\":1},\"tasks\":[{}"
     "]}",
     "s.json:1:13: \"content-length\": coldswarm sets the length of a request from its body; "
     "remove this header"},
    {"{\"headers\":{\"Transfer-Encoding\":\"chunked\"},\n\"load\":{\"users\":1,\"duration\":1},"
     "\"tasks\":[{}]}",
     "s.json:1:13: \"Transfer-Encoding\": coldswarm sets the length of a request from its body; "
     "remove this header"},
    {"{\"headers\":{\"a\":\"1\",\"A\":\"2\"},\n\"load\":{\"users\":1,\"duration\":1},\"tasks\":[{}]"
     "}",
     "s.json:1:21: \"A\" is given twice, first as \"a\"; remove one"},
    {"{\"headers\":{\"X\":\"a\\r\\nEvil: "
     "1\"},\n\"load\":{\"users\":1,\"duration\":1},\"tasks\":[{}]}",
     "s.json:1:18: this text contains a control character (a line end?), which a header cannot "
     "hold"},
    {"{\"headers\":{\"X\":\"a\\u0000b\"},\n\"load\":{\"users\":1,\"duration\":1},\"tasks\":[{}]}",
     "s.json:1:18: this text contains a control character (a line end?), which a header cannot "
     "hold"},
    {"{\"headers\":{\"X\":\"${env.LINES}\"},\n\"load\":{\"users\":1,\"duration\":1},\"tasks\":[{}]"
     "}",
     "s.json:1:18: the value of ${env.LINES} contains a control character (a line end?), which a "
     "header cannot hold"},
    {"{\"auth\":{},\n\"load\":{\"users\":1,\"duration\":1},\"tasks\":[{}]}",
     "s.json:1:9: \"auth\" must hold either \"bearer\" or \"basic\""},
    {"{\"auth\":\"x\",\n\"load\":{\"users\":1,\"duration\":1},\"tasks\":[{}]}",
     "s.json:1:9: \"auth\" must be an object, not a string"},
    {"{\"auth\":{\"bearer\":\"${env.EMPTY}\"},\n\"load\":{\"users\":1,\"duration\":1},\"tasks\":[{}"
     "]}",
     "s.json:1:19: a bearer token cannot be empty or contain spaces"},
    {"{\"auth\":{\"bearer\":\"${env.LINES}\"},\n\"load\":{\"users\":1,\"duration\":1},\"tasks\":[{}"
     "]}",
     "s.json:1:20: the value of ${env.LINES} contains a control character (a line end?), which a "
     "header cannot hold"},
    {"{\"auth\":{\"basic\":{\"user\":\"u\"}},\n\"load\":{\"users\":1,\"duration\":1},\"tasks\":[{}]"
     "}",
     "s.json:1:18: \"password\" is missing here; write {\"user\": ..., \"password\": ...}"},
    {"{\"auth\":{\"basic\":{\"user\":\"a:b\",\"password\":\"\"}},\n\"load\":{\"users\":1,"
     "\"duration\":1},\"tasks\":[{}]}",
     "s.json:1:26: a user name cannot contain ':' in basic authentication"},
    {"{\"auth\":{\"bearer\":\"x\"},\"headers\":{\"authorization\":\"y\"},\n\"load\":{\"users\":1,"
     "\"duration\":1},\"tasks\":[{}]}",
     "s.json:1:35: \"auth\" also sets \"authorization\"; remove one of them"},
    {"{\"http\":{\"version\":\"3\"},\n\"load\":{\"users\":1,\"duration\":1},\"tasks\":[{}]}",
     "s.json:1:20: \"version\" must be \"1.1\", \"2\", \"2-only\" or \"2-prior-knowledge\""},
    {"{\"http\":{\"streams\":2},\n\"load\":{\"users\":1,\"duration\":1},\"tasks\":[{}]}",
     "s.json:1:20: \"streams\" needs HTTP/2; add \"version\": \"2\""},
    {"{\"http\":{\"streams\":2,\"version\":\"2\",\"keepalive\":false},\n\"load\":{\"users\":1,"
     "\"duration\":1},\"tasks\":[{}]}",
     "s.json:1:20: \"streams\" cannot be combined with \"keepalive\": false; remove one of them"},
    {"{\"http\":{\"retry\":\"always\"},\n\"load\":{\"users\":1,\"duration\":1},\"tasks\":[{}]}",
     "s.json:1:18: \"retry\" must be \"never\", \"unseen\" or \"safe\""},
    {"{\"http\":{\"retry\":false},\n\"load\":{\"users\":1,\"duration\":1},\"tasks\":[{}]}",
     "s.json:1:18: \"retry\" must be a string, not true or false"},
    {"{\"http\":{\"version\":2},\n\"load\":{\"users\":1,\"duration\":1},\"tasks\":[{}]}",
     "s.json:1:20: \"version\" must be a string, not a number"},
    {"{\"http\":{\"cookies\":\"yes\"},\n\"load\":{\"users\":1,\"duration\":1},\"tasks\":[{}]}",
     "s.json:1:20: \"cookies\" must be true or false, not a string"},
    {"{\"http\":{\"ca\":\"/nonexistent/"
     "ca.pem\"},\n\"load\":{\"users\":1,\"duration\":1},\"tasks\":[{}]}",
     "s.json:1:15: cannot open /nonexistent/ca.pem: No such file or directory; relative paths "
     "start at the scenario's folder"},
    {"{\"http\":{\"ca\":\"\"},\n\"load\":{\"users\":1,\"duration\":1},\"tasks\":[{}]}",
     "s.json:1:15: \"ca\" is empty; write the path of a file"},
    {"{\"http\":{\"key\":\"/dev/null\"},\n\"load\":{\"users\":1,\"duration\":1},\"tasks\":[{}]}",
     "s.json:1:16: \"key\" needs \"cert\"; give both"},
    {"{\"http\":{\"resolve\":[\"x:1\"]},\n\"load\":{\"users\":1,\"duration\":1},\"tasks\":[{}]}",
     "s.json:1:21: write it like \"example.com:443:127.0.0.1\""},
    {"{\"http\":{\"resolve\":[\"x:0:1.2.3.4\"]},\n\"load\":{\"users\":1,\"duration\":1},\"tasks\":["
     "{}]}",
     "s.json:1:21: the port after ':' must be a number from 1 to 65535"},
    {"{\"http\":{\"proxy\":\"gopher://x\"},\n\"load\":{\"users\":1,\"duration\":1},\"tasks\":[{}]}",
     "s.json:1:18: \"proxy\" has an unknown scheme; write it like \"http://127.0.0.1:3128\" or "
     "\"socks5h://127.0.0.1:1080\""},
    {"{\"http\":{\"proxy\":\"http://\"},\n\"load\":{\"users\":1,\"duration\":1},\"tasks\":[{}]}",
     "s.json:1:18: \"proxy\" is not an address; write it like \"http://127.0.0.1:3128\" or "
     "\"socks5h://127.0.0.1:1080\""},
    {"{\"http\":{\"unix_socket\":\"/"
     "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
     "xxxxxxxxxxxxxxxxxxxxxxxxxxx\"},\n\"load\":{\"users\":1,\"duration\":1},\"tasks\":[{}]}",
     "s.json:1:24: \"unix_socket\" is longer than 107 bytes, the system's limit"},
    {"{\"http\":{\"unix_socket\":\"/"
     "a\",\"proxy\":\"b\"},\n\"load\":{\"users\":1,\"duration\":1},\"tasks\":[{}]}",
     "s.json:1:37: \"proxy\" cannot be combined with \"unix_socket\"; remove one of them"},
    {"{\"load\":{\"users\":1,\"duration\":1},\"tasks\":[]}",
     "s.json:1:42: \"tasks\" must hold 1 to 100000 tasks, not 0"},
    {"{\"load\":{\"users\":1,\"duration\":1},\"tasks\":{}}",
     "s.json:1:42: \"tasks\" must be an array, not an object"},
    {"{\"load\":{\"users\":1,\"duration\":1},\"tasks\":[\"/\"]}",
     "s.json:1:43: this must be an object, not a string"},
    {"{\"load\":{\"users\":1,\"duration\":1},\"tasks\":[{\"weight\":0}]}",
     "s.json:1:42: every task has weight 0, so no task ever runs; raise one"},
    {"{\"load\":{\"users\":1,\"duration\":1},\n  \"tasks\":[{\"wieght\":1}]}",
     "s.json:2:13: unknown key \"wieght\" in a task; did you mean \"weight\"?"},
    {"{\"load\":{\"users\":1,\"duration\":1},\n  \"tasks\":[{\"weight\":-1}]}",
     "s.json:2:22: \"weight\" must be a whole number from 0 to 1000000, not -1"},
    {"{\"load\":{\"users\":1,\"duration\":1},\n  \"tasks\":[{\"weight\":0.5}]}",
     "s.json:2:22: \"weight\" must be a whole number from 0 to 1000000, not 0.5"},
    {"{\"load\":{\"users\":1,\"duration\":1},\n  \"tasks\":[{\"method\":\"GE T\"}]}",
     "s.json:2:22: \"method\" must be a word like GET or POST"},
    {"{\"load\":{\"users\":1,\"duration\":1},\n  \"tasks\":[{\"method\":\"\"}]}",
     "s.json:2:22: \"method\" must be a word like GET or POST"},
    {"{\"load\":{\"users\":1,\"duration\":1},\n  \"tasks\":[{\"method\":\"post\"}]}",
     "s.json:2:22: methods are upper case; write \"POST\""},
    {"{\"load\":{\"users\":1,\"duration\":1},\n  \"tasks\":[{\"method\":\"CONNECT\"}]}",
     "s.json:2:22: CONNECT opens a tunnel; it cannot be a task"},
    {"{\"load\":{\"users\":1,\"duration\":1},\n  \"tasks\":[{\"path\":\"predict\"}]}",
     "s.json:2:20: \"path\" must begin with \"/\", or be a full http:// or https:// URL, or begin "
     "with a value that holds one, like ${feeder.column}"},
    {"{\"load\":{\"users\":1,\"duration\":1},\n  \"tasks\":[{\"path\":\"${env.HOST}\"}]}",
     "s.json:2:21: the value of ${env.HOST} is not a path: it begins with neither \"/\" nor "
     "http:// nor https://"},
    {"{\"load\":{\"users\":1,\"duration\":1},\n  \"tasks\":[{\"path\":\"http://\"}]}",
     "s.json:2:20: invalid URL: it has no host; write it like http://127.0.0.1:8080"},
    {"{\"load\":{\"users\":1,\"duration\":1},\n  \"tasks\":[{\"path\":\"http://x:99999/\"}]}",
     "s.json:2:20: invalid URL: the port after ':' must be a number from 1 to 65535"},
    {"{\"load\":{\"users\":1,\"duration\":1},\n  \"tasks\":[{\"path\":\"/a#b\"}]}",
     "s.json:2:23: text after '#' in a URL is never sent; write %23 for a literal #"},
    {"{\"load\":{\"users\":1,\"duration\":1},\n  \"tasks\":[{\"path\":\"/a%2\"}]}",
     "s.json:2:23: '%' needs two hexadecimal digits; write %25 for a literal %"},
    {"{\"load\":{\"users\":1,\"duration\":1},\n  \"tasks\":[{\"path\":\"/a\\nb\"}]}",
     "s.json:2:23: a path cannot contain control characters"},
    {"{\"load\":{\"users\":1,\"duration\":1},\n  \"tasks\":[{\"path\":\"/${TOKEN}\"}]}",
     "s.json:2:22: unknown name \"TOKEN\" in ${...}; this scenario has no variable, capture or "
     "feeder with this name (${env.NAME} reads the environment, $${ is a literal ${)"},
    {"{\"load\":{\"users\":1,\"duration\":1},\n  \"tasks\":[{\"path\":\"/${env.}\"}]}",
     "s.json:2:22: unknown name \"env.\" in ${...}; this scenario has no variable, capture or "
     "feeder with this name (${env.NAME} reads the environment, $${ is a literal ${)"},
    {"{\"load\":{\"users\":1,\"duration\":1},\n  \"tasks\":[{\"path\":\"/${env.A B}\"}]}",
     "s.json:2:22: \"A B\" cannot be the name of a variable; use letters, digits and _"},
    {"{\"load\":{\"users\":1,\"duration\":1},\n  \"tasks\":[{\"path\":\"/${env.A\"}]}",
     "s.json:2:22: this ${ has no closing }; write $${ for a literal ${"},
    {"{\"load\":{\"users\":1,\"duration\":1},\n  \"tasks\":[{\"path\":\"/${env.NOPE}\"}]}",
     "s.json:2:22: NOPE is not set; set NOPE in the environment"},
    {"{\"load\":{\"users\":1,\"duration\":1},\n  \"tasks\":[{\"path\":\"/\\t\"}]}",
     "s.json:2:22: a path cannot contain control characters"},
    {"{\"load\":{\"users\":1,\"duration\":1},\n  \"tasks\":[{\"query\":{\"a\":null}}]}",
     "s.json:2:26: \"a\" must be a string, a number, true, false or an array of these, not null"},
    {"{\"load\":{\"users\":1,\"duration\":1},\n  \"tasks\":[{\"query\":{\"a\":[[]]}}]}",
     "s.json:2:27: \"a\" must be a string, a number, true, false or an array of these, not an "
     "array"},
    {"{\"load\":{\"users\":1,\"duration\":1},\n  \"tasks\":[{\"query\":{\"${env.NOPE}\":1}}]}",
     "s.json:2:23: NOPE is not set; set NOPE in the environment"},
    {"{\"load\":{\"users\":1,\"duration\":1},\n  \"tasks\":[{\"body\":\"a\",\"json\":1}]}",
     "s.json:2:24: a second body: \"body\" is also given; remove one of them"},
    {"{\"load\":{\"users\":1,\"duration\":1},\n  "
     "\"tasks\":[{\"form\":{},\"name\":\"n\",\"multipart\":[]}]}",
     "s.json:2:34: a second body: \"form\" is also given; remove one of them"},
    {"{\"load\":{\"users\":1,\"duration\":1},\n  \"tasks\":[{\"body\":{}}]}",
     "s.json:2:20: \"body\" must be a string, not an object"},
    {"{\"load\":{\"users\":1,\"duration\":1},\n  \"tasks\":[{\"body_file\":\"absent.bin\"}]}",
     "s.json:2:25: cannot open FOLDER/absent.bin: No such file or directory; relative paths start "
     "at the scenario's folder"},
    {"{\"load\":{\"users\":1,\"duration\":1},\n  \"tasks\":[{\"body_file\":\"sub\"}]}",
     "s.json:2:25: FOLDER/sub is not a file"},
    {"{\"load\":{\"users\":1,\"duration\":1},\n  \"tasks\":[{\"body_file\":\"/dev/zero\"}]}",
     "s.json:2:25: /dev/zero is not a file"},
    {"{\"load\":{\"users\":1,\"duration\":1},\n  \"tasks\":[{\"body_file\":\"a\\u0000b\"}]}",
     "s.json:2:26: this text contains a NUL, which a file name cannot hold"},
    {"{\"load\":{\"users\":1,\"duration\":1},\n  \"tasks\":[{\"json\":{\"a\":[\"x "
     "${env.BYTES}\"]}}]}",
     "s.json:2:29: the value of ${env.BYTES} is not UTF-8, which JSON requires"},
    {"{\"load\":{\"users\":1,\"duration\":1},\n  \"tasks\":[{\"json\":{\"a\":[\n\"\\n\",\n "
     "\"${env.NOPE}\"]}}]}",
     "s.json:4:3: NOPE is not set; set NOPE in the environment"},
    {"{\"load\":{\"users\":1,\"duration\":1},\n  \"tasks\":[{\"form\":[]}]}",
     "s.json:2:20: \"form\" must be an object, not an array"},
    {"{\"load\":{\"users\":1,\"duration\":1},\n  \"tasks\":[{\"multipart\":[]}]}",
     "s.json:2:25: \"multipart\" must hold 1 to 1000 parts, not 0"},
    {"{\"load\":{\"users\":1,\"duration\":1},\n  \"tasks\":[{\"multipart\":[{\"value\":\"v\"}]}]}",
     "s.json:2:26: \"name\" is missing in this part; write the name of the form field"},
    {"{\"load\":{\"users\":1,\"duration\":1},\n  "
     "\"tasks\":[{\"multipart\":[{\"name\":\"\",\"value\":\"v\"}]}]}",
     "s.json:2:34: \"name\" is empty; write the name of the form field"},
    {"{\"load\":{\"users\":1,\"duration\":1},\n  \"tasks\":[{\"multipart\":[{\"name\":\"n\"}]}]}",
     "s.json:2:26: a part must hold either \"value\" or \"file\""},
    {"{\"load\":{\"users\":1,\"duration\":1},\n  "
     "\"tasks\":[{\"multipart\":[{\"name\":\"n\",\"value\":\"v\",\"file\":\"part.bin\"}]}]}",
     "s.json:2:26: a part must hold either \"value\" or \"file\""},
    {"{\"load\":{\"users\":1,\"duration\":1},\n  "
     "\"tasks\":[{\"multipart\":[{\"name\":\"n\",\"file\":\"absent.png\"}]}]}",
     "s.json:2:45: cannot open FOLDER/absent.png: No such file or directory; relative paths start "
     "at the scenario's folder"},
    {"{\"load\":{\"users\":1,\"duration\":1},\n  "
     "\"tasks\":[{\"multipart\":[{\"name\":\"n\",\"value\":\"v\",\"type\":\"a\\r\\nb/c\"}]}]}",
     "s.json:2:58: this text contains a control character (a line end?), which a header cannot "
     "hold"},
    {"{\"load\":{\"users\":1,\"duration\":1},\n  "
     "\"tasks\":[{\"multipart\":[{\"name\":\"n\",\"value\":\"v\"}],\"headers\":{\"content-type\":"
     "\"a/b\"}}]}",
     "s.json:2:63: \"multipart\" sets Content-Type with its boundary; remove this header"}};

/* The expected text with the folder put in. */
static const char *with_folder(const char *error, char out[1024]) {
    const char *hole = strstr(error, "FOLDER");
    if (hole == NULL)
        return error;
    snprintf(out, 1024, "%.*s%s%s", (int)(hole - error), error, test_folder(), hole + 6);
    return out;
}

static void test_bad(void **state) {
    (void)state;
    char text[1024];
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        must_fail(bad[i].text, with_folder(bad[i].error, text));
}

static void test_ceilings(void **state) {
    (void)state;
    struct buf b;
    struct err e = {""};
    struct scenario *s = NULL;
    buf_init(&b, 64 << 20);
    while (b.len <= 16 << 20)
        buf_str(&b, "                                                                ");
    assert_int_equal(scenario_parse("s.json", "", buf_text(&b), b.len, test_env, NULL, &s, &e), -1);
    assert_string_equal(e.text, "s.json: larger than 16777216 bytes, the limit for a scenario");
    buf_clear(&b);
    buf_str(&b, "{\"load\":{\"users\":1,\"duration\":1},\"tasks\":[{\"headers\":{\"X\":\"");
    for (int i = 0; i < 1 << 17; i++)
        buf_str(&b, "12345678.");
    buf_str(&b, "\"}}]}");
    must_fail(buf_text(&b), "s.json:1:59: longer than the limit of 1048576 bytes");
    buf_done(&b);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bad),
        cmocka_unit_test(test_ceilings),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
