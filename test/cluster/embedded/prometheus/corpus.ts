/** Expressions asked of the real Prometheus and of ours: one of each feature by hand, and combinations. */

const byHand = String.raw`
http_requests_total
http_requests_total{method="GET"}
http_requests_total{method!="GET"}
http_requests_total{code=~"4..|5.."}
http_requests_total{code!~"4..|5.."}
http_requests_total{code=~"2.*",instance!~".*2:.*",method=~"GET|POST"}
http_requests_total{missing=""}
http_requests_total{missing!=""}
http_requests_total{code=""}
{__name__="temperature"}
{__name__=~"temp.*|const.*"}
{job="shop",code="500"}
{__name__=~".+",room="attic"}
{kind=~"h.*"}
odd
odd{path=~"line1.line2"}
odd{path=~".*\n.*"}
odd{path="größe €"}
odd{path=~"gr..e .*"}
odd{path=""}
odd{path!=""}
odd{path=~".*[?].*"}
odd{path="quote \" and \\ slash"}
temperature{room=~"(?i)ATTIC"}
temperature{room=~"a|c"}
temperature{room=~"attic|cellar|"}
nothing_at_all
temperature offset 5m
temperature offset -2m
temperature offset 1m30s
temperature @ 1760001000
temperature @ 1760001000.5 offset 1m
temperature offset 1m @ 1760001000
temperature @ start()
temperature @ end()
temperature @ end() offset 30s
sum(temperature @ start()) + sum(temperature)
rate(http_requests_total[5m] @ 1760001200)
rate(http_requests_total[5m] offset 3m)
rate(http_requests_total[5m] offset -1m)
rate(http_requests_total[2m] @ end())
gappy
gappy{kind="holes"}
gappy offset 4m
gappy offset 5m
count_over_time(gappy[5m])
rate(gappy[5m])
increase(gappy[10m])
delta(gappy[10m])
rate(gappy{kind="twice"}[20m])
irate(gappy[20m])
special
special == special
special != special
special > 0
special < 0
special >= 1
special <= bool 1
-special
+special
abs(special)
ceil(special)
floor(special)
exp(special)
sqrt(special)
ln(special)
log2(special)
log10(special)
sgn(special)
round(special)
round(special, 0.1)
round(temperature, 5)
round(temperature, 0.25)
round(-temperature, 2)
clamp(special, -1, 10)
clamp(temperature, 0, 10)
clamp(temperature, 10, 0)
clamp(temperature, NaN, 10)
clamp_min(special, 0)
clamp_max(special, 0)
clamp_min(temperature, scalar(constant))
clamp_max(temperature, NaN)
sin(temperature)
cos(temperature)
tan(temperature)
asin(temperature / 100)
acos(temperature / 100)
atan(temperature)
sinh(temperature / 10)
cosh(temperature / 10)
tanh(temperature)
asinh(temperature)
acosh(abs(temperature) + 1)
atanh(temperature / 100)
deg(temperature)
rad(temperature)
pi()
pi() * temperature
temperature atan2 temperature
time()
time() - 1
timestamp(temperature)
timestamp(http_requests_total)
timestamp(temperature offset 1m)
timestamp(temperature * 1)
timestamp(timestamp(temperature))
timestamp((temperature))
vector(1)
vector(time())
scalar(constant)
scalar(temperature)
scalar(nothing_at_all)
scalar(sum(temperature)) * 2
vector(scalar(constant))
minute()
hour()
day_of_week()
day_of_month()
day_of_year()
days_in_month()
month()
year()
minute(epoch)
hour(epoch)
day_of_week(epoch)
day_of_month(epoch)
day_of_year(epoch)
days_in_month(epoch)
month(epoch)
year(epoch)
minute(vector(1e9))
year(vector(-1e9))
absent(temperature)
absent(nothing_at_all)
absent(nothing{job="a",instance="b"})
absent(nothing{job=~"a",instance="b",x!="y"})
absent(nothing{job="a",job="b",instance="c"})
absent(sum(nothing{job="a"}))
absent(temperature > 1000)
absent(vector(1))
absent_over_time(nothing{job="a"}[5m])
absent_over_time(temperature[5m])
absent_over_time(gappy{kind="ended"}[5m])
absent_over_time(rate(nothing[1m])[5m:])
present_over_time(gappy[5m])
present_over_time(temperature[10s])
last_over_time(gappy[5m])
last_over_time(temperature[1m] offset 1m)
avg_over_time(temperature[5m])
min_over_time(temperature[5m])
max_over_time(temperature[5m])
sum_over_time(temperature[5m])
count_over_time(temperature[5m])
stddev_over_time(temperature[5m])
stdvar_over_time(temperature[5m])
quantile_over_time(0.5, temperature[5m])
quantile_over_time(0.95, temperature[10m])
quantile_over_time(0, temperature[5m])
quantile_over_time(1, temperature[5m])
quantile_over_time(-1, temperature[5m])
quantile_over_time(2, temperature[5m])
quantile_over_time(NaN, temperature[5m])
quantile_over_time(scalar(constant) / 10, temperature[5m])
avg_over_time(special[2m])
sum_over_time(special[2m])
min_over_time(special[2m])
max_over_time(special[2m])
stddev_over_time(special{kind!~"huge|.*inf"}[2m])
quantile_over_time(0.5, special[2m])
avg_over_time(sometimes_nan[2m])
sum_over_time(sometimes_nan[2m])
min_over_time(sometimes_nan[2m])
max_over_time(sometimes_nan[2m])
quantile_over_time(0.3, sometimes_nan[3m])
count_over_time(sometimes_nan[2m])
changes(sometimes_nan[5m])
resets(sometimes_nan[5m])
changes(switch[5m])
changes(constant[5m])
changes(temperature[5m])
resets(http_requests_total[15m])
resets(switch[10m])
deriv(temperature[5m])
deriv(constant[5m])
deriv(special[5m])
deriv(http_requests_total[5m])
predict_linear(temperature[5m], 3600)
predict_linear(http_requests_total{code="500"}[10m], 60)
predict_linear(temperature[5m] offset 2m, 600)
predict_linear(constant[5m], 3600)
predict_linear(temperature[5m], scalar(constant))
idelta(temperature[5m])
idelta(http_requests_total[1m])
irate(http_requests_total[1m])
irate(http_requests_total[10s])
rate(http_requests_total[30s])
rate(http_requests_total[31s])
rate(http_requests_total[15s])
rate(http_requests_total[1m])
rate(http_requests_total[20m])
rate(http_requests_total[1h])
rate(special[5m])
increase(switch[7m])
delta(temperature[5m])
delta(special[5m])
rate(http_requests_total{code="500"}[5m]) * 60
sum(rate(http_requests_total[5m]))
sum by (code) (rate(http_requests_total[5m]))
sum without (instance) (rate(http_requests_total[5m]))
sum by () (temperature)
sum without () (temperature)
sum by (nothing) (temperature)
sum by (code, method) (http_requests_total)
sum(http_requests_total) by (code,)
avg by (pod, namespace) (memory_bytes)
avg(special)
avg(special{kind=~"inf|one"})
avg(special{kind=~"inf|neginf"})
avg(special{kind=~"huge|one"} * 1e8)
sum(special)
sum(special{kind=~"one|minus"})
min(special)
max(special)
min(sometimes_nan)
max(sometimes_nan)
count(special)
group(temperature)
group by (namespace) (memory_bytes)
stddev(temperature)
stdvar(temperature)
stddev by (code) (http_requests_total)
stdvar without (instance) (http_requests_total)
quantile(0.5, temperature)
quantile(0.9, http_requests_total)
quantile by (code) (0.25, http_requests_total)
quantile(-0.1, temperature)
quantile(1.1, temperature)
quantile(NaN, temperature)
quantile(0.5, special)
quantile(scalar(constant) / 10, temperature)
topk(2, temperature)
bottomk(2, temperature)
topk(1, http_requests_total)
topk by (code) (1, http_requests_total)
bottomk by (method) (2, http_requests_total)
topk without (instance) (1, http_requests_total)
topk(0, temperature)
topk(-1, temperature)
topk(100, temperature)
topk(3, special)
bottomk(3, special)
topk(scalar(constant), http_requests_total)
topk(2.9, temperature)
count_values("value", special)
count_values("value", switch)
count_values("code", http_requests_total)
count_values by (job) ("value", build_info)
count_values without (instance) ("v", http_request_duration_seconds_count)
count_values("v", temperature > 0)
count(temperature > 0)
count by (code) (http_requests_total > 500)
sum(sum by (code) (http_requests_total))
max by (code) (sum by (code, method) (rate(http_requests_total[2m])))
histogram_quantile(0.5, http_request_duration_seconds_bucket)
histogram_quantile(0.95, rate(http_request_duration_seconds_bucket[5m]))
histogram_quantile(0.99, sum by (le) (rate(http_request_duration_seconds_bucket[5m])))
histogram_quantile(0, http_request_duration_seconds_bucket)
histogram_quantile(1, http_request_duration_seconds_bucket)
histogram_quantile(-0.1, http_request_duration_seconds_bucket)
histogram_quantile(1.1, http_request_duration_seconds_bucket)
histogram_quantile(NaN, http_request_duration_seconds_bucket)
histogram_quantile(0.5, broken_bucket)
histogram_quantile(0.9, broken_bucket)
histogram_quantile(0.2, broken_bucket{kind="negative"})
histogram_quantile(0.5, temperature)
histogram_quantile(0.9, sum without (instance) (rate(http_request_duration_seconds_bucket[1m])))
histogram_quantile(scalar(constant) / 10, http_request_duration_seconds_bucket)
rate(http_request_duration_seconds_sum[5m]) / rate(http_request_duration_seconds_count[5m])
label_replace(versioned, "version", "$1", "app", ".*-v(.*)")
label_replace(versioned, "version", "${1}-${2}", "app", "(.*)-v(.*)")
label_replace(versioned, "version", "$name", "app", "(?P<name>.*)-v.*")
label_replace(versioned, "app", "", "app", "db")
label_replace(versioned, "tier", "x", "nothing", "")
label_replace(versioned, "tier", "$0!", "tier", "f.*")
label_replace(versioned, "tier", "$$x$1y", "tier", "(f).*")
label_replace(versioned, "__name__", "renamed_$1", "tier", "(.*)")
label_replace(versioned, "new", "const", "", "")
label_replace(versioned, "app", "same", "tier", ".*")
label_replace(versioned, "bad-name", "x", "tier", ".*")
label_replace(versioned, "a", "x", "tier", "(")
label_replace(rate(http_requests_total[5m]), "host", "$1", "instance", "(.*):.*")
sum by (host) (label_replace(http_requests_total, "host", "$1", "instance", "(.*):.*"))
label_join(versioned, "joined", "-", "tier", "app")
label_join(versioned, "joined", ", ", "tier")
label_join(versioned, "joined", "", "nothing", "tier")
label_join(versioned, "app", "/", "app", "tier")
label_join(versioned, "joined", "-")
label_join(versioned, "app", "-", "nothing")
sort(temperature)
sort_desc(temperature)
sort(special)
sort_desc(special)
sort(sum by (code) (http_requests_total))
1 + 1
1 + 2 * 3 ^ 2
-1 ^ 2
2 ^ 3 ^ 2
2 ^ -1
-2 ^ -2
10 % 3
-10 % 3
10 % 0
1 / 0
-1 / 0
0 / 0
1e3
0x1F
017
.5
Inf
-Inf
NaN
1 == bool 1
1 > bool 2
NaN == bool NaN
1 atan2 2
"a string"
'single \'quoted\''
temperature + 1
1 - temperature
temperature * 2 ^ 2
2 ^ temperature
temperature % 3
-temperature % 3
temperature / 0
temperature == 7
temperature > 0
temperature > bool 0
0 < temperature
0 < bool temperature
temperature != temperature
7 == constant
http_requests_total + http_requests_total
http_requests_total / http_requests_total
http_requests_total == http_requests_total
http_requests_total > bool http_requests_total offset 1m
http_requests_total - http_requests_total offset 1m
http_requests_total - ignoring (code) http_requests_total
http_requests_total{code="500"} / ignoring (code) http_requests_total{code="200"}
http_requests_total{code="500"} / on (instance, method) http_requests_total{code="200"}
http_requests_total{code="500"} > on (instance, method) http_requests_total{code="404"}
http_requests_total{code="500"} > ignoring (code) http_requests_total{code="404"}
http_requests_total{code="500"} > bool ignoring (code) http_requests_total{code="404"}
http_requests_total / on (instance) http_requests_total
http_requests_total / ignoring (code) group_left http_requests_total{code="200"}
http_requests_total / ignoring (code) group_left () http_requests_total{code="200"}
http_requests_total{code="200"} / ignoring (code) group_right http_requests_total
http_requests_total{code="200"} < ignoring (code) group_right http_requests_total
memory_bytes / on (namespace, pod) memory_limit_bytes
memory_bytes / ignoring (unit) memory_limit_bytes
memory_bytes * on (namespace, pod) group_left (node) pod_info
memory_bytes * on (namespace, pod) group_left (node, host_ip) pod_info
pod_info * on (namespace, pod) group_right (node) memory_bytes
memory_bytes > on (namespace, pod) group_left (node) pod_info
memory_bytes > bool on (namespace, pod) group_left (node) pod_info
memory_bytes * on (namespace) group_left (node) pod_info
memory_bytes / on (namespace) group_left sum by (namespace) (memory_bytes)
sum by (node) (memory_bytes * on (namespace, pod) group_left (node) pod_info)
memory_bytes / on (pod) group_left (nothing) memory_limit_bytes
temperature + on () group_left constant
temperature + on () constant
constant + on () group_right temperature
temperature * ignoring (room) group_left constant
sum(memory_bytes) / sum(memory_limit_bytes)
sum by (namespace) (memory_bytes) / sum by (namespace) (memory_limit_bytes)
sum(temperature) + on () sum(constant)
temperature and temperature > 0
temperature and on () constant
temperature and on (room) temperature{room="attic"}
temperature or constant
temperature{room="attic"} or temperature
temperature or on (room) temperature
temperature or on () constant
temperature{room="attic"} or ignoring (room) temperature
temperature unless temperature > 0
temperature unless on (room) temperature{room="attic"}
temperature unless on () constant
temperature unless ignoring (room) temperature
temperature and nothing_at_all
nothing_at_all or temperature
temperature unless nothing_at_all
http_requests_total{code="500"} and on (instance) http_requests_total{code="404"} > 100
(temperature > 0) or (temperature < -10)
temperature > 0 and temperature < 20 or constant
sum(temperature) or vector(0)
sum(nothing_at_all) or vector(0)
-temperature
- - temperature
+temperature
-sum(temperature)
-(temperature > 0)
rate(http_requests_total[1m])[5m:1m]
max_over_time(rate(http_requests_total[1m])[5m:1m])
min_over_time(sum(rate(http_requests_total[1m]))[10m:30s])
avg_over_time(temperature[5m:1m])
avg_over_time(temperature[5m:])
sum_over_time(temperature[5m:7s])
count_over_time(temperature[5m:1m] offset 2m)
count_over_time(temperature[5m:1m] offset -1m)
count_over_time(temperature[3m:1m] @ 1760001000)
count_over_time(temperature[3m:1m] @ end())
count_over_time(constant[10s:1s])
rate(sum(http_requests_total)[5m:15s])
rate(http_requests_total[5m:15s])
deriv(rate(http_requests_total[2m])[6m:1m])
max_over_time(max_over_time(temperature[1m])[3m:30s])
sum_over_time(max_over_time(temperature[2m:30s])[4m:1m])
changes((temperature > bool 0)[5m:15s])
last_over_time(temperature[5m:1m])
absent_over_time((temperature > 1000)[5m:1m])
quantile_over_time(0.9, temperature[5m:20s])
stddev_over_time((temperature offset 1m)[5m:1m])
sum_over_time(time()[1m:10s])
sum_over_time(vector(time())[1m:10s])
sum_over_time(vector(1)[1m:10s])
timestamp(last_over_time(temperature[5m]))
{__name__=~"temperature|constant"} * 2
rate({__name__=~"http_requests_total|cpu_seconds_total"}[5m])
sum({__name__=~"memory_.*"}) by (__name__)
sum({__name__=~"memory_.*"}) by (__name__, pod)
abs({__name__=~"memory.*"})
abs({__name__=~"memory_bytes|pod_info"})
max_over_time({__name__=~"memory_bytes|memory_limit_bytes"}[5m])
max_over_time({__name__=~"temperature|odd"}[5m])
last_over_time({__name__=~"memory_.*"}[5m])
-{__name__=~"memory_bytes|memory_limit_bytes"}
count({__name__=~"memory_.*"}) by (namespace)
topk(2, {__name__=~"memory_.*"})
temperature{room="attic"}[1m]
temperature[90s] offset 1m
http_requests_total{code="500",method="GET"}[1m]
odd[1m]
100 * (1 - avg by (namespace) (rate(cpu_seconds_total[5m])))
sum by (namespace) (rate(cpu_seconds_total[3m])) / on (namespace) group_left count by (namespace) (pod_info)
(sum by (job) (rate(http_requests_total{code=~"5.."}[5m])) / sum by (job) (rate(http_requests_total[5m]))) > 0.01
avg without (pod) (memory_bytes) > bool 5e7
clamp_max(sum by (pod) (memory_bytes) / 1e8, 0.5)
ceil(temperature) == floor(temperature) + 1
sum(temperature) by (room) / ignoring (room) group_left sum(temperature)
count_values("version", build_info)
build_info * 0 + time()
(time() - timestamp(temperature)) < 30
time() - epoch
hour(timestamp(temperature))
day_of_week(vector(0))
rate(http_requests_total)
sum(1)
temperature[5m] + 1
sum(temperature[5m])
rate(temperature[5m])[5m]
1 == 1
1 and 2
temperature and 1
temperature + bool 1
histogram_quantile(temperature, 0.5)
nosuchfunction(temperature)
{}
{room=""}
temperature{room=~"("}
temperature{
sum by (room temperature
temperature offset
temperature @ foo
temperature[5m
temperature[]
temperature[0s]
"a" + 1
-"a"
temperature + on (room) group_left (room) constant
label_replace(temperature, "a", "b", "c")
abs()
abs(temperature, temperature)
time(1)
topk(temperature)
sum(temperature, temperature)
count_values(1, temperature)
quantile("a", temperature)
foo bar
temperature temperature
(temperature
temperature)
temperature and bool temperature
temperature or group_left temperature
temperature and on (room) group_left () temperature
temperature offset 5m offset 5m
temperature @ 1 @ 2
sum(temperature) offset 5m
rate(temperature[5m] offset 1m [5m])
(temperature)[5m:1m] @ 1760001000 offset 1m
max_over_time((temperature)[5m:1m] @ 1760001000 offset 1m)
`;

const ranged = [
  'rate',
  'increase',
  'delta',
  'irate',
  'idelta',
  'deriv',
  'changes',
  'resets',
  'avg_over_time',
  'min_over_time',
  'max_over_time',
  'sum_over_time',
  'count_over_time',
  'stddev_over_time',
  'stdvar_over_time',
  'last_over_time',
  'present_over_time',
];
const selectors = [
  'http_requests_total{instance="10.0.0.2:8080",method="GET"}',
  'gappy',
  'temperature',
  'sometimes_nan',
];
const ranges = ['1m', '4m15s', '13m'];
const aggregations = ['sum', 'avg', 'min', 'max', 'count', 'group', 'stddev', 'stdvar'];
const groupings = ['', 'by (method)', 'without (method, code)'];

function* combinations(): Iterable<string> {
  for (const [i, name] of ranged.entries())
    for (const [j, selector] of selectors.entries())
      yield `${name}(${selector}[${ranges[(i + j) % ranges.length]}]${j === 2 ? ' offset 45s' : ''})`;
  for (const name of aggregations)
    for (const [i, grouping] of groupings.entries()) {
      const inner = [
        'http_requests_total{code!="200"}',
        'increase(http_requests_total[2m])',
        'http_requests_total > 200',
      ][i];
      yield `${name} ${grouping} (${inner})`;
    }
  for (const operator of ['+', '-', '*', '/', '%', '^', '==', '!=', '>', '<', '>=', '<=']) {
    yield `memory_bytes ${operator} on (pod) memory_limit_bytes`;
    yield `temperature ${operator} 3`;
    yield `3 ${operator} temperature`;
    yield `temperature ${operator} temperature offset 15s`;
    if (/[=<>]/.test(operator)) yield `temperature ${operator} bool 3`;
  }
}

/** All expressions, each once. */
export const corpus: readonly string[] = [
  ...new Set([...byHand.split('\n').filter((line) => line !== ''), ...combinations()]),
];
