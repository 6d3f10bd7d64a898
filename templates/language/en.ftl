# English: the words of every report. Complete; what another language lacks is said in these.
# A job's `template` folder may hold `language/xx.ftl` with all of these messages, or some, in another language or other words.
# `{ $name }` is an argument; a message may leave one out, and may not use others than its English.

## Dates (patterns of strftime) and periods. East Asian locales have their own.

date-day = %-d %B
date-short = %-d %b
date-full = %-d %B %Y
date-short-year = %-d %b %Y
date-month = %B %Y
period-quarter = Q{ $quarter } { $year }
period-fiscal-quarter = FY{ $year } Q{ $quarter }
period-fiscal-year = FY{ $year }
period-week = Week { $week }, { $year }
tiny-quarter = Q{ $quarter } { $year }
tiny-week = W{ $week }

## Periods within sentences. Where a language says `of October` and `of the week` in different ways, `$period-kind` tells which it is:
## month, quarter, year, fiscal-quarter, fiscal-year, week, day or range; of a range `$period-first` and `$period-last` are its days.

the-period = { $period }
of-period = of { $period }
in-period = in { $period }
against-period = against { $period }
the-base = { $base }
in-base = in { $base }

## Numbers.

not-available = n/a
no-name = (no name)
unattributed = (unattributed)
unattributed-as-name = (unattributed) as a name
so-called = “{ $name }”
points = pp
not-meaningful = n/m
thousand = k
million = M
billion = bn
trillion = tn
bytes = bytes
per-thousand-requests = Cost per { $thousand } requests

## Changes.

up = up
down = down
new = new
gone = gone
no-change = no change
flat = flat
no-comparison = no comparison: n/a

## Words of tables and headings.

name = Name
value = Value
change = Change
change-percent = Change %
direction = Direction
share = Share
figure = Figure
figures = All figures
figures-by-day = Figures by day
unit = Unit
line = Line
step = Step
before = Before
source = Source
rank = Rank
base = Base
total = Total
total-shown = Total shown
total-without = Total without n/a
others = Others
total-of = All { $shown } { $members }
rest-of = { $shown } other { $members }
rest = All others
count-others = { $count ->
    [one] 1 other
   *[other] { $count } others
}
shown-of = { $shown } of { $all } shown
last-periods = the last { $periods } of { $all } periods
versus = vs { $period }
from-period = From { $period }
place = Place { $place }
places = Places { $from } to { $to }
see-table = No. { $number }, see table
no-data = No data available
all-sources = All sources together
of-all-sources = all sources
moved-most = What moved most
missing = Missing:
notices = Notices
files = Files
rounding = Shown figures are rounded once; parts shown with a total add to it. Files carry the unrounded figures.
rows-left-out = Rows were left out to keep this mail short; the text part and the files have more.
more-notices = { $count } more notices stand in the files.
compared-with = compared with { $period }
and-with = and { $period }
days = { $count ->
    [one] 1 day
   *[other] { $count } days
}
chart-first-days = the first { $shown } of { $all } days; the table has all
chart-legend = bars { $own }, dashes { $other }
usual-weekday = { $day }: { $value }, { $times } × a usual { $weekday }
usual = { $day }: { $value }, { $times } × usual

## What kind of report it is: the chips beside the title, and the foot.

final = Final
incomplete = Incomplete: without { $sources }
provisional = Provisional: complete up to { $instant }
revision = Revision { $revision }
days-of-zone = { $zone } days
gaps = { $count ->
    [one] 1 gap in the data
   *[other] { $count } gaps in the data
}
foot-source = Source: { $source } ({ $platform }), fetched { $instant }
foot-run = Run …{ $run }, revision { $revision } · generated { $instant }
subject-incomplete = (incomplete)
subject-provisional = (provisional)
subject-by-hand = (run by hand)
subject-revision = (revision { $revision })

## Groups of figures, and those that are not told.

group-lab = Lab
group-requests = Requests
group-tasks = Tasks
group-cost = Cost
group-tokens = Tokens
group-users = Users & agents
group-cost-detail = Cost detail
group-more = More
none-available = None of the { $count } figures is available.
figures-untold = { $count } figures are not available from this source: { $figures }.

## What members are, one of them within a sentence and several of them.

dimension-agent = agent
dimension-user = user
dimension-project = project
dimension-model = model
dimension-service = service
dimension-service_type = service type
dimension-provider = provider
dimension-sub_account = sub account
dimension-source = source
dimension-gateway = gateway
dimension-tool = tool
dimension-audit_action = audit action
dimension-audit_resource_type = audit resource type
dimension-audit_user = audit user
dimension-day = day
dimension-period = period
dimension-figure = figure
dimension-member = member
members-agent = { $count ->
    [one] agent
   *[other] agents
}
members-user = { $count ->
    [one] user
   *[other] users
}
members-project = { $count ->
    [one] project
   *[other] projects
}
members-model = { $count ->
    [one] model
   *[other] models
}
members-service = { $count ->
    [one] service
   *[other] services
}
members-service_type = { $count ->
    [one] service type
   *[other] service types
}
members-provider = { $count ->
    [one] provider
   *[other] providers
}
members-sub_account = { $count ->
    [one] sub account
   *[other] sub accounts
}
members-source = { $count ->
    [one] source
   *[other] sources
}
members-gateway = { $count ->
    [one] gateway
   *[other] gateways
}
members-audit_action = { $count ->
    [one] audit action
   *[other] audit actions
}
members-audit_resource_type = { $count ->
    [one] audit resource type
   *[other] audit resource types
}
members-audit_user = { $count ->
    [one] audit user
   *[other] audit users
}
members-tool = { $count ->
    [one] tool
   *[other] tools
}

## The workbook.

sheet-summary = Summary
sheet-notes = Notes
sheet-charts = Chart data
sheet-unnamed = Sheet
sheet-history = History of the period
chart-data-note = What the charts draw. The exact figures are in the tables of the other sheets.
chart-day = Day
chart-period = Period
chart-name = Name
chart-compared = Compared with
chart-below = Below
chart-more = More
chart-less = Less
chart-outlier = { $day }: { $value }, { $times } × usual
chart-gaps = n/a: { $days }
more-days = { $count } more days
unit-count = count
unit-tokens = tokens
compared-column = Compared with
previous = Previous ({ $period })
week-before = A week before
previous-period = Previous period
last-year = Same period last year ({ $period })
last-year-period = Same period last year
change-of = change
change-percent-of = change %
direction-of = direction
about-column = { $figure }: { $column }
against = { $column } ({ $period })
workbook-run = Run { $run }, revision { $revision }
summary-foot = Run { $run }, revision { $revision }. Sources, notices and definitions are on the last sheet, Notes.
provenance = Provenance
conventions = Conventions
definitions = Definitions
report = Report
job = Job
run = Run
revision-word = Revision
generated-at = Generated at
period = Period
compared-to = Compared with
period-chosen = { $period }: { $start } to { $end }, { $days } days, chosen in { $zone }
complete-up-to = Complete up to
later-figures = { $instant }; later figures may still change
source-named = Source { $source }
source-told = { $platform }; days are cut in { $zone }; fetched { $instant }
source-scoped = { $platform }; { $scope }; days are cut in { $zone }; fetched { $instant }
about-missing = n/a
about-missing-text = Not available: the source did not say. It is never zero, and sums leave it out.
about-exact = Exactness
about-exact-text = Cells hold values unrounded, averages and rates to the 15 digits of a spreadsheet; only their display is rounded.
about-percent = Per cent
about-percent-text = 5 means 5 %. The difference of two percentages is in percentage points (pp).
about-change = Change
about-change-text = Value minus base.
about-change-percent = Change %
about-change-percent-text = Change / base × 100; n/a unless the base is above zero.
about-direction = Direction
about-direction-text = flat: equal, or the percentage rounds to zero; new: from zero; gone: to zero.
about-colour = Colour
about-colour-text = Red is adverse and green is favourable: more cost, errors or waiting is adverse. Other changes have no colour.
about-long = Long numbers
about-long-text = { $count } values have more than 15 significant digits, which no spreadsheet number holds; they are written as text, so that no digit is lost.

## Metrics: what a figure is called, by its key.

metric-agents_created = Agents created
metric-agents_modified = Agents modified
metric-flows_created = Flows created
metric-flows_modified = Flows modified
metric-processes_created = Processes created
metric-processes_modified = Processes modified
metric-total_requests = Requests
metric-requests_with_errors = Requests with errors
metric-error_rate = Error rate
metric-average_request_time = Average request time
metric-total_cost = Total cost
metric-average_cost_per_request = Average cost per request
metric-input_tokens = Input tokens
metric-output_tokens = Output tokens
metric-total_tokens = Total tokens
metric-average_input_tokens_per_request = Average input tokens per request
metric-average_output_tokens_per_request = Average output tokens per request
metric-average_tokens_per_request = Average tokens per request
metric-active_users = Active users
metric-active_agents = Active agents
metric-active_projects = Active projects
metric-known_projects = Known projects
metric-active_models = Active models
metric-conversations = Conversations
metric-audio_seconds = Audio seconds
metric-characters = Characters
metric-effective_cost = Effective cost
metric-list_cost = List cost
metric-non_usage_cost = Charges other than usage
metric-contracted_cost = Contracted cost
metric-credits = Credits
metric-taxes = Taxes
metric-adjustments = Adjustments
metric-corrections = Corrections
metric-cost_per_day = Cost per day
metric-cost_share = Share of cost
metric-cost_moving_average = Cost, mean of 7 days
metric-price = Price
metric-volume = Volume
metric-mix = Mix
metric-new = New
metric-retired = Retired
metric-currency = Exchange rates
metric-other = Other
metric-total_tasks = Tasks
metric-completed_tasks = Completed tasks
metric-failed_tasks = Failed tasks
metric-task_success_rate = Task success rate
metric-task_completion_rate = Task completion rate
metric-task_error_rate = Task error rate
metric-total_steps = Steps
metric-average_task_duration = Average task duration
metric-average_cost_per_task = Average cost per task
metric-success_rate = Success rate
metric-tool_executions = Tool executions
metric-tool_errors = Tool errors
metric-audit_events = Audit events
metric-invoiced_cost = Invoiced by providers
metric-requests = Requests
metric-tokens = Tokens
metric-cost = Cost

## What the metrics mean, on the last sheet of a workbook.

meaning-agents_created = Agents created in the period
meaning-agents_modified = Agents modified in the period
meaning-flows_created = Flows created in the period
meaning-flows_modified = Flows modified in the period
meaning-processes_created = Processes created in the period
meaning-processes_modified = Processes modified in the period
meaning-total_requests = Requests made in the period
meaning-requests_with_errors = Requests that ended in an error
meaning-error_rate = Requests with errors / requests × 100
meaning-average_request_time = Mean time of a request in milliseconds, as the source says it
meaning-total_cost = Cost of the period; of a bill, the sum of billed cost, credits and corrections included
meaning-average_cost_per_request = Total cost / requests
meaning-input_tokens = Tokens sent to models
meaning-output_tokens = Tokens written by models
meaning-total_tokens = Input tokens plus output tokens
meaning-average_input_tokens_per_request = Input tokens / requests
meaning-average_output_tokens_per_request = Output tokens / requests
meaning-average_tokens_per_request = Total tokens / requests
meaning-active_users = Different users with at least one request; days and members do not add up
meaning-active_agents = Different agents with at least one request; days and members do not add up
meaning-active_projects = Different projects with at least one request; days and members do not add up
meaning-known_projects = Projects of the list of projects and those with usage that it lacks; without a list those with usage
meaning-active_models = Different models with usage; days and members do not add up
meaning-conversations = Conversations begun
meaning-audio_seconds = Seconds of audio heard or spoken
meaning-characters = Characters spoken
meaning-effective_cost = Amortised cost: what was paid in advance is spread over its use
meaning-list_cost = Cost at list prices
meaning-non_usage_cost = Purchases, credits, taxes, adjustments and corrections: a forecast takes them once, as they are
meaning-contracted_cost = Cost at contracted prices
meaning-credits = Billed cost of credits
meaning-taxes = Billed cost of taxes
meaning-adjustments = Billed cost of adjustments
meaning-corrections = Billed cost of corrections to earlier periods
meaning-cost_per_day = Total cost / days of the period
meaning-cost_share = Cost of a member / total cost × 100; its change is in percentage points
meaning-cost_moving_average = Mean cost of a day and the six before it; empty where one of the seven is unknown
meaning-price = What other unit prices changed of the total cost, at the quantities of now
meaning-volume = What more or less use changed of the total cost, at the prices and in the mix of before
meaning-mix = What a shift to cheaper or dearer items changed of the total cost, at the prices of before
meaning-new = Cost of what was not used before
meaning-retired = Cost of what is not used any more, negative
meaning-currency = What other exchange rates changed of the total cost
meaning-other = The rest of the change of the total cost: fees, credits, what has no unit price
meaning-total_tasks = Tasks given to agents
meaning-completed_tasks = Tasks that were completed
meaning-failed_tasks = Tasks that failed
meaning-task_completion_rate = As the platform states it, for a window of its own
meaning-task_error_rate = As the platform states it, for a window of its own
meaning-task_success_rate = Completed tasks / tasks × 100
meaning-total_steps = Steps that tasks took
meaning-average_task_duration = Mean time of a task in milliseconds, as the source says it
meaning-average_cost_per_task = Total cost / tasks
meaning-success_rate = Requests that were answered with success / requests × 100
meaning-tool_executions = Executions of tools
meaning-tool_errors = Executions of tools that failed
meaning-audit_events = Entries of the audit trail
meaning-invoiced_cost = What the providers have invoiced, as far as the platform knows their invoices
meaning-requests = Requests of one agent or user
meaning-tokens = Tokens of one agent or user
meaning-cost = Cost of one agent or user

## The answer: what was spent, how that changed, and why.

answer-unavailable = The total cost { of-period } is not available.
answer-was = Spend { in-period } was { $value }.
answer-rose = Spend rose { $change } to { $value }.
answer-fell = Spend fell { $change } to { $value }.
answer-level = Spend stayed level at { $value }.
answer-new = Spend was { $value }, after none { in-base }.
answer-gone = There was no spend { in-period }.
answer-went = Spend went from { $base } to { $value }.
answer-without-base = Spend was { $value }; { the-base } is not available to compare it with.
answer-per-day-up = Per day it is up { $change }, as { the-period } has { $days } than { the-base }.
answer-per-day-down = Per day it is down { $change }, as { the-period } has { $days } than { the-base }.
answer-per-day-level = Per day it is level, as { the-period } has { $days } than { the-base }.
days-more = { $count ->
    [one] a day more
   *[other] { $count } days more
}
days-fewer = { $count ->
    [one] a day less
   *[other] { $count } days fewer
}
answer-highest = Spend is the highest of the { $periods } periods.
answer-lowest = Spend is the lowest of the { $periods } periods.
beside-rose = Compared with { $period } spend rose { $change }.
beside-fell = Compared with { $period } spend fell { $change }.
beside-level = Compared with { $period } spend stayed level.
beside-went = Compared with { $period } spend went from { $base } to { $value }.
mover-cost-more = { $name } cost { $value } more, the largest change.
mover-cost-less = { $name } cost { $value } less, the largest change.
mover-among-cost-more = { $name } cost { $value } more, the largest change among the { $members } in both top lists.
mover-among-cost-less = { $name } cost { $value } less, the largest change among the { $members } in both top lists.
mover-among-requests-more = { $name } made { $value } requests more, the largest change among the { $members } in both top lists.
mover-among-requests-fewer = { $name } made { $value } requests fewer, the largest change among the { $members } in both top lists.
answer-weekday = { $day } alone cost { $value }, { $times } × a usual { $weekday }.
answer-day = { $day } alone cost { $value }, { $times } × a usual day.
answer-incomplete = This report is incomplete: nothing of { $sources } is in it.
why-added-one = { $first } added { $first-value }
why-added-two = { $first } added { $first-value } and { $second } { $second-value }
why-added-three = { $first } added { $first-value }, { $second } { $second-value } and { $third } { $third-value }
why-took-one = { $first } took { $first-value } off
why-took-two = { $first } took { $first-value } and { $second } { $second-value } off
why-took-three = { $first } took { $first-value }, { $second } { $second-value } and { $third } { $third-value } off
effect-unit-cost = the cost of a unit
effect-higher-prices = higher prices
effect-lower-prices = lower prices
effect-more-use = more use
effect-less-use = less use
effect-dearer-mix = a dearer mix
effect-cheaper-mix = a cheaper mix
effect-new = what is new
effect-retired = what is no longer used
effect-rates = exchange rates
effect-other = other changes

## Titles of sections and charts, and what charts show.

section-summary = Summary
section-daily = Daily
section-daily-weeks = Daily, changes since the same weekday a week before
section-trend = Trend
section-platform-trend = The platform's own trend
platform-window = Its window “{ $window }”, of which it does not say the days
platform-window-before = The window before that one
section-effects = Why the cost changed
section-usage = Usage by project and service type
by-dimension = By { $dimension }
list-top_agents_by_requests = Top agents by requests
list-top_agents_by_tokens = Top agents by tokens
list-top_users_by_requests = Top users by requests
list-top_users_by_cost = Top users by cost
list-top_agents_by_cost = Top agents by cost
list-not-available = Not available
cost-per-day = Cost per day
cost-per-period = Cost per period
cost-by = Cost by { $dimension }
cost-per-day-by = Cost per day by { $dimension }
cost-per-day-by-project-of = Cost per day by project: { $view }
project-trends = Project trends
all-services = All services
per-day = { $name } per day
view-per-day = { $view } per day: { $name }
view-costs = Costs
view-requests = Requests
view-usage = Usage
view-usage-in = Usage in { $unit }
in-tokens = tokens
in-seconds = seconds
in-characters = characters
project-and-more = { $project } and { $count } more
chart-bridge = From { $base } to { $value }, step by step.
chart-periods = The highest of { $count } periods is { the-period } with { $value }.
chart-leader = { $name } leads with { $value }.
chart-in-all = { $name }: { $value } in all.
service-text_generation = Text generation
service-speech_to_text = Speech to text
service-text_to_speech = Text to speech
service-embedding = Embedding
service-rerank = Rerank
service-agent = Agent platform fee

## Notices of a report.

source-absent = Nothing of this source is in the report: { $reason }
not-added-up = The sources are not added up, since one of them is missing.
trend-shorter = { $period } is told with { $days } days, and the period itself with { $of }.
compared-before = The period before is compared as far as it goes: { $days } of { $of } days.
compared-last-year = The same period of last year is compared as far as it goes: { $days } of { $of } days.
provisional-figures = The figures are provisional: the source may still add to them; data through { $instant }.
days-are-days-of = Days are days of { $zone }, as the source counts them, not of { $own }.
amounts-not-converted = Amounts are in { $currency } as the source states them; they are not converted to { $own }.
sums-of-sources = Figures of all sources together are sums of what every one of them tells; use that two sources tell of is counted twice.
amounts-not-added = Amounts are in { $currencies }; amounts of different currencies are not added up.
and = { $one } and { $next }
no-cost-compared-by = The source tells no cost by { $dimension }, so that nothing is compared by it.
no-cost-shown-by = The source tells no cost by { $dimension }, so that nothing is shown by it.
grain-items = Price, volume and mix are taken by { $kind }, counted in { $unit }; price is the change of cost for each unit at the quantity of now.
grain-apart = Price, volume and mix are not told: no { $kind } is counted in both periods.
grain-against = Against { $period }: { $grain }
grain-mixed = Price and volume are taken by { $kind }, each in its own unit (tokens, seconds, characters or requests); there is no common unit, and therefore no mix.
grain-whole = Price and volume are those of all use together, counted in { $unit }, since the source tells no cost of parts: a change to dearer or cheaper models shows as price.
grain-costs = The source tells no quantities with its costs, so that the change is not taken apart into price and volume; new and retired are by { $dimension }.
grain-all-new = Nothing was used before, so that all of the cost is new.
grain-all-retired = Nothing was used any more, so that all of the cost of before is retired.
grain-nothing = The source tells neither quantities nor parts of its cost, so that the change is not explained.
kind-model = model
kind-model_and_service_type = model and service type
counted-total_tokens = total tokens
counted-audio_seconds = audio seconds
counted-characters = characters
counted-total_requests = total requests
look-back-stays-in = The days from { $first } on are not converted from { $currency } to { $into }, and what was usual before the period is not known: { $reason }.
period-stays-out = { $period }: the amounts are left out, since they cannot be converted from { $currency } to { $into }: { $reason }.
stays-in = Amounts stay in { $currency }, they are not converted to { $into }: { $reason }.
too-large = an amount is too large to be converted exactly
cost-unknown = the cost { of-period } is not known, and with it no rate of the period
nothing-known = { $period }: no amount is known, and none was converted.
days-do-not-add = the days { of-period } do not add up to its total, so that no rate of a day can be applied
no-rate-for-day = there is no rate from { $from } to { $into } for { $day }, nor for the seven days before
no-rate-for-end = there is no rate from { $from } to { $into } for the end { of-period }
nothing-spent = { $period }: nothing was spent, and nothing was converted.
days-cancel = the days { of-period } cancel each other out, so that the period has no rate of its own
converted = { $period }: { $from } { $before } was converted to { $into } { $after }, each day at its own rate from the table of rates (on average { $rate }).
converted-carried = { $period }: { $from } { $before } was converted to { $into } { $after }, each day at its own rate from the table of rates (on average { $rate }; { $count ->
    [one] one day has the rate of a day before it
   *[other] { $count } days have the rate of a day before them
}).
converted-members = What the source does not tell by day, as the costs of members, has that average.
as-sent = { $figure }: as the source sent it, since its parts are not known ({ $period })
parts-differ = { $figure }: the platform says { $own }, its parts give { $parts }; the report shows what the parts give ({ $period })
tokens-differ = Total tokens: the source says { $total }, input and output give { $sum }; the report shows both as sent ({ $period })
days-differ = { $figure }: the days add up to { $sum }, the source's total is { $total }; the report shows both as sent ({ $period })
known-days-differ = { $figure }: the days with data add up to { $sum }, the source's total is { $total }; the report shows both as sent ({ $period })
reaches-only = The data of { $source } reach only to { $day }, and the period goes to { $last }.
has-nothing-yet = { $source } has no data at all yet, and the period goes to { $last }.

platform-focus = FOCUS bill
platform-usage = Usage files

## Notices of sources: files.

rows-reach-only = Rows reach only to { $last }; { $period } may be incomplete.
rows-begin-only = Rows begin only on { $first }; { $period } may be incomplete.
no-rows-for = No rows for { $days }: either nothing was used then, or files are missing.
no-rows-for-many = No rows for { $days } and { $count } more gaps: either nothing was used then, or files are missing.
no-figures-at-all = No figures for { $period }: the files have no rows at all.
no-figures-in = No figures for { $period }: none of the { $rows } rows lies in it; they reach from { $first } to { $last }.
same-file = { $path } is the same as { $other }, byte for byte; both are counted. Remove one if that is wrong.
columns-lacking = Not available for { $periods }: { $figures }. { $why }
lacking-in-bill = A file lacks the column, or its cells are empty, and unknown is not zero.
lacking-in-usage = A file lacks the column, or has no names in it, or a line of JSON has no value there. Unknown is not zero; only a number left empty counts as 0.
no-project-list = No list of projects is given (`projects`), so that only projects with usage are known.
odd-colours = The list of projects has colours that are not written like #1f77b4 ({ $colours }); these projects have colours of ours.
unknown-word = { $rows } rows have the { $column } `{ $word }`, which FOCUS does not know; they are in the total, and the figures that tell such rows apart are not available.

## Notices of sources: answers of platforms.

flaw-missing = is missing
flaw-null = is null
flaw-empty = is empty
flaw-not-a-date = is not a date like 2026-10-31
flaw-not-a-number = cannot be read as a number: { $reason }
number-is-none = `{ $text }` is not a decimal number
number-too-precise = `{ $text }` has more digits than can be kept exactly
flaw-not-whole = is { $number }, which is not a whole number
flaw-instead-of-text = is { $kind } instead of a text
flaw-instead-of-list = is { $kind } instead of a list
flaw-instead-of-object = is { $kind } instead of an object
flaw-it-is = it is { $kind }
json-null = null
json-truth = a truth value
json-number = a number
json-text = a text
json-list = a list
json-object = an object
rows-outside = { $period }: { $path } answered rows outside the period, which are ignored: { $days }.
rows-twice = { $period }: { $path } answered the same row twice, which counts once: { $days }.
days-absent = { $period }: { $days } { $count ->
    [one] is not available: the platform returned no row for that day
   *[other] are not available: the platform returned no row for those days
} in its daily list of { $lists }. The totals are the platform's own.
daily-cost = cost
daily-requests = requests
daily-tokens = tokens
requests-of-agent = { $period }: the daily requests are those of the agent `{ $agent }` alone; all other figures are of all agents.
answer-flaw = { $period }: in the answer of { $path }, `{ $field }` { $flaw }; what is concerned is not available.
answer-flaws = { $period }: in the answer of { $path }, `{ $field }` { $flaw } (and { $count ->
    [one] one more value of this list is not as promised
   *[other] { $count } more values of this list are not as promised
}); what is concerned is not available.
figure-flaw = { $period }: { $figure } is not available, because in the answer of { $path } `{ $field }` { $flaw }.
rate-doubted = { $period }: { $figure }: { $doubt }.
rate-unit-unknown = the platform sent { $sent }, which may be per cent or a fraction, and the counts that would tell are missing
rate-differs = the platform sent { $sent }, but { $errors } errors in { $requests } requests make { $counted }
rate-without-requests = the platform sent { $sent }, but { $errors } errors in { $requests } requests make no rate at all
nameless-rows = { $period }: { $count } of the rows of { $path } name nobody and are left out of that ranking.

## Notices of sources: Dispersl.

costs-unstated-currency = The platform does not state the currency of its costs; they are taken for { $asked }, which was asked for.
costs-other-currency = Costs were asked for in { $asked }, and the platform answered in { $answered }; they are shown as answered.
costs-converted = Amounts are in { $currency } at the platform's own exchange rates, whose dates it does not state: part of a change may be that of a rate.
figure-not-available = { $period }: { $figure } is not available: { $reasons }.
no-daily-costs = the platform sent no daily costs at all
daily-costs-begin = the daily costs begin only on { $first }, without { $days }
daily-costs-end = the daily costs reach only to { $last }, without { $days }
tokens-without-cost = tokens are counted on { $days }, and no cost
cost-unreadable = the cost of { $days } cannot be read
dateless-costs = { $rows } rows of daily costs name no day, and may be those of { $days }
daily-costs-elsewhere = the daily costs hold no day of the period
no-cost-rows-unused = { $period }: No cost rows for { $days }: nothing was used then, so they count as days without cost.
no-cost-rows = { $period }: No cost rows for { $days }: the platform leaves days without usage out, so they count as days without cost.
windows-differ = { $period }: The platform's windows `{ $other }` and `{ $chosen }` have different costs for { $days }; the report shows those of `{ $chosen }`.
cost-tokens-differ = { $period }: The daily costs are of { $counted } tokens, the usage counts { $used }; the report shows the usage.
no-cost-by-agent = { $period }: Cost by agent and by model is not available: the platform tells it only for { $first } to { $last } as a whole (window `{ $window }`).
costs-rounded = { $period }: The daily costs add up to { $sum }, the platform's total is { $total }: a difference of { $difference }, as much as rounding explains; the report shows the sum of the days.
costs-differ = { $period }: The daily costs add up to { $sum }, the platform's total is { $total }: a difference of { $difference }, more than rounding explains; the report shows the sum of the days, and no cost by agent or model.
path-rows-twice = { $path } answered the same row twice, which counts once: { $days }.
not-retained = { $period }: Not retained. The tier `{ $tier }` keeps whole days since { $since } only, so no total of this period is available, whatever the platform answers for it.
tasks-more = { $period }: { $completed } completed and { $failed } failed tasks are more than the { $tasks } that the platform counts in all; the report shows all three as sent.
duration-in-words = { $period }: { $figure } is not available as a number: the platform words it `{ $words }`.
no-usage-rows-unused = { $period }: No usage rows for { $days }: nothing was used then, since the other days add up to the totals.
no-usage-rows = { $period }: No usage rows for { $days }: what was used on those days is not available. The totals of the period are the platform's own, and not the sums of its days.
no-usage-rows-to-sum = { $period }: No usage rows for { $days }: what was used on those days is not available, and neither are the totals of the period, which would be the sums of its days.
value-flaw = { $about }: In the answer of { $path }, `{ $field }` { $flaw }; what is concerned is not available.
value-flaws = { $about }: In the answer of { $path }, `{ $field }` { $flaw } (and { $count ->
    [one] one more value of this answer is not as promised
   *[other] { $count } more values of this answer are not as promised
}); what is concerned is not available.
period-of-window = { $period } (window `{ $window }` of the platform)
tier-not-configured = The platform keeps data for 30, 90 or 365 days, by the account's tier, which is not configured (`tier`); days before { $since } may no longer be kept.
tier-nothing-answered = For { $periods } it answered no usage at all, which may be such days.
window-of-other-days = { $period }: The platform answered for { $window } instead of { $days }: { $known }; how tasks went, steps, durations, agents and models of the period are not available.
window-of-sums = tokens, tasks and requests are the sums of its days
window-elsewhere = its days do not cover the period either
window-unsaid = a window that it does not name
window-end-unsaid = an end that it does not name
window-from-to = { $first } to { $last }
parts-and-total = { $period }: { $figure } by { $dimension } adds up to { $sum }, { $difference } { $which ->
    [less] less
   *[more] more
} than the total; { $outcome }.
parts-left-out = it is left out of the breakdown
parts-unattributed = the difference is shown as { $name }
window-unreadable = { $path } tells nothing that can be read; how tasks went is not available.
window-told = In the platform's own window `{ $window }`, of which it does not say the days: { $measures }.
window-untold = Of the same window it does not tell: { $measures }.
window-by-agent = In the same window, by agent: { $agents }.
measure-completion_rate = Task completion rate
measure-token_efficiency = Token efficiency
measure-is = { $measure } { $value }
measure-was = { $measure } { $value }, before { $base }
measure-changed = { $measure } { $value }, before { $base }, which is a change of { $change }
measure-percent = { $value } %
measure-points = { $value } points
measure-as-given = { $value } { $unit } (value and unit as the platform gives them)
measure-doubted = { $measure }: { $doubt }.
trend-contradicted = the platform's trend says { $trend }, its figures say { $direction } ({ $value } after { $base })
trend-by = { $trend } ({ $change })
agent-told = `{ $name }` { $told }
agent-success = { $rate } of tasks
agent-efficiency = efficiency { $value }
and-more = and { $count } more

## Notices of sources: almyty.

rows-conversations = conversations
rows-requests = requests
rows-tools = tool executions
rows-audit = audit events
names-untold = The platform does not tell us the names of its { $members }; they are shown by their ids.
costs-shortened = The sum of all costs has more digits than can be kept; each cost is rounded to { $decimals } decimals before it is added.
cost-is-estimate = Cost is the platform's own estimate from its prices for tokens; of conversations that use tools it may know only a part.
requests-unlisted = { $period }: the platform does not list its requests ({ $reason }); the report counts those that came through a gateway.
requests-further = { $period }: { $count } requests did not come through a gateway. They are counted, and belong to nobody; average request time and active users are those of the others.
requests-fewer = { $period }: the platform counts { $count } requests fewer than it exports; the report counts those that were exported.
pages-short = { $period }: the platform counts { $total } { $rows }, but its pages gave only { $held }, also when read again; what is made of them is not available.
audit-not-compared = { $period }: the audit trail is told of the reported period only; its events are not compared.
audit-not-available = { $period }: the audit trail is not available: { $reason }.
rows-unreadable = { $period }: { $count } { $rows } came without a readable `{ $field }`; what is made of it is not available, since unknown is not zero.
conversations-rounded = { $period }: the cost of { $count } conversations has more digits than can be kept; each is rounded to { $decimals } decimals of a dollar.
too-many-callers = { $period }: there were more than { $count } different callers, which is more than are told apart; how many is not available.
rows-elsewhere = { $period }: the platform answered { $count } { $rows } that lie outside the period; they are ignored.
documented-only = This server has only the documented surface of almyty: seven figures, as sent. Days and breakdowns are not available.
documented-flaw = { $period }: in the answer of /usage-metrics, `{ $field }` { $flaw }; it is not available.
rates-of-unknown-unit = { $period }: whether the rates that the platform answered are per cent or fractions cannot be told; they are not available.
invoices-not-available = { $period }: what the providers have invoiced is not available: { $reason }.
invoices-overlap = { $period }: what the providers have invoiced is not told: the period begins within another one of this report, and an invoice has no day of its own.
no-invoice-of = { $period }: no invoice is known of { $providers }.

## The mail, where the files are too large for one.

mail-unattached = The files of this report are not attached: together they have { $size }, more than a mail may carry.
mail-places = They lie here:

## The chat.

chat-notices = Please note
chat-places = Full report
chat-see = see the full report
chat-too-long = This part is too long for a chat message; please see the full report.
chat-more = … and { $count } more in the full report

## Budgets and unusual days.

metric-budget = Budget
metric-budget_utilisation = Budget used
metric-budget_remaining = Budget remaining
metric-budget_variance = Variance from budget
metric-budget_exchange = Variance from exchange rates
metric-budget_pace = Pace
metric-budget_run_out = Used up on day
metric-forecast_cost = Forecast
metric-forecast_low = Forecast, low
metric-forecast_high = Forecast, high
metric-forecast_error = Error of forecasts
metric-forecast_bias = Bias of forecasts
metric-anomaly_cost = Cost of an unusual day
metric-level_cost = Cost of the days of a new level
metric-anomaly_score = Score (modified z)
metric-anomaly_contribution = Contribution to an unusual day
meaning-budget = What may be spent in the whole month, quarter or year
meaning-budget_utilisation = Spent / budget × 100
meaning-budget_remaining = Budget − spent
meaning-budget_variance = Spent − budget
meaning-budget_exchange = The part of the variance that is due to other exchange rates than the fixed one of the budget
meaning-budget_pace = Share of the budget that is spent / share of the time that has elapsed; 1 is on plan
meaning-budget_run_out = The day of the period, from 1, on which the budget was or will be used up
meaning-forecast_cost = Spent so far and, for each day to come, what its weekday usually costs (median of eight weeks) at the level of the elapsed days
meaning-forecast_low = Forecast − { $times } × standard deviation of a day × √(days to come), not below what is spent
meaning-forecast_high = Forecast + { $times } × standard deviation of a day × √(days to come)
meaning-forecast_error = Of forecasts made on day 10 (in quarters and years after a third of the days) of every stretch of as many days that ended before: sum of the errors without sign / sum of what came × 100
meaning-forecast_bias = The same with their signs: above zero, forecasts were too high
meaning-anomaly_cost = Cost of a day that costs much more or much less than is usual; beside it the median of the same weekdays before, or of all days
meaning-level_cost = Cost of the known days of a new level, added up; beside it what the same weekdays cost before (medians of eight weeks)
meaning-anomaly_score = How many times the usual spread a day lies from what is usual: { $factor } × difference / median absolute deviation
meaning-anomaly_contribution = By how much a member differs from what is usual for it on an unusual day

dimension-budget = budget
section-budgets = Budgets
budget-spent = Spent
budget-used = Used
budget-variance = Variance
budget-forecast-once = { $amount } of it is no usage and counts once
budget-forecast-range = forecast { $low }–{ $high }
budget-chart-note = per cent of each; dark is spent, pale is forecast, with its range
budget-used-up = Used up
budget-used-up-on = Used up on
budget-state = State
budget-of = Of
budget-all-costs = All costs
budget-forecast-by = Forecast by
budget-by-weekdays = weekdays of eight weeks
budget-by-mean = mean of its days
budget-to-come = Still to come
budget-ok = ok
budget-watch = watch
budget-over = over
budget-exceeded = exceeded
budget-none = no budget
budget-exchange-part = { $amount } of the variance by exchange rates
budget-forecast-mean = by the mean of its days
budget-forecast-error = on day { $day } such forecasts would have been off by { $percent } (bias { $bias })
budget-forecast-untried = error of past forecasts not available
budget-elapsed = { $days } of { $of } days
budget-band = range of four cases in five
budget-stands = { the-period } stands at { $value }
budget-stands-of = { $name } { in-period } stands at { $value }
budget-ended = { the-period } ended at { $value }
budget-ended-of = { $name } { in-period } ended at { $value }
budget-heads-for = At this pace { the-period } ends at { $value }
budget-heads-for-of = At this pace { $name } { in-period } ends at { $value }
budget-beyond = , { $percent } over the budget of { $amount }
budget-beyond-by = , { $over } over the budget of { $amount }
budget-within = , { $percent } of the budget of { $amount }
budget-is-used-up = ; it is used up on { $day }
budget-was-used-up = ; it was used up on { $day }
budget-will-end = ; at this pace it ends at { $value }
budget-unbudgeted = { the-period } has cost { $value }, though its budget is 0.
budget-unbudgeted-of = { $name } { in-period } has cost { $value }, though its budget is 0.
budgets-stand = { $count ->
    [one] 1 budget
   *[other] { $count } budgets
}: { $states }.
budgets-unknown = { $count ->
    [one] 1 budget
   *[other] { $count } budgets
}, of which nothing is known.
budgets-exceeded = { $count } exceeded
budgets-over = { $count } over at this pace
budgets-watch = { $count } to be watched
budgets-ok = { $count } ok
budgets-not-added = The budgets are not compared, since the costs of the sources are not added up.
budgets-no-period = Budgets are compared with a whole month, quarter or year or its first days; { $period } is none that they are about.
budget-other-currency = Budget { $name } is in { $currency }, the costs are in { $other } and not converted: they are not compared.
budget-not-split = Budget { $name }: the cost by { $dimension } is not known.
budget-nobody = Budget { $name }: nothing is told of the { $dimension } { $member }; should it have costs, compare the name with the tables of the report.
forecast-too-early = No forecast yet: it needs { $days } complete days.
forecast-gaps = No forecast: of { $gaps ->
    [one] one
   *[other] { $gaps }
} of the { $days } elapsed days no cost is known, and none is guessed.
forecast-quiet = No forecast yet: too few of the elapsed days show what usage costs.
forecast-unsettled = No forecast: the last days may still change, and the source does not tell the others one by one.
forecast-too-large = No forecast: the costs are too large to be forecast exactly.

section-anomalies = Unusual days
unusual-usual = Usual
unusual-by-weekday = beside the median of the same weekdays before
unusual-by-day = beside the median of the days before
unusual-since = Since { $day }
unusual-from = From
unusual-to = To
unusual-goes-on = goes on
unusual-what = What
unusual-dimension = Dimension
unusual-difference = Difference
unusual-difference-percent = Difference %
unusual-score = Score
unusual-why = Why
unusual-level = a new level, { $days } together
unusual-event = known event: { $label }
unusual-doubtful = data may still be missing
unusual-missing = missing data?
unusual-day-more = { $day } cost { $value }, { $excess } more than a usual { $usual }
unusual-day-less = { $day } cost { $value }, { $excess } less than a usual { $usual }
unusual-day-more-of = { $name } cost { $value } on { $day }, { $excess } more than on a usual { $usual }
unusual-day-less-of = { $name } cost { $value } on { $day }, { $excess } less than on a usual { $usual }
unusual-days = { $count ->
    [one] 1 day
   *[other] { $count } days
}
unusual-level-since = Since { $from }, { $days } cost { $value }
unusual-level-since-of = Since { $from }, { $name } cost { $value } on { $days }
unusual-level-until = From { $from } to { $to }, { $days } cost { $value }
unusual-level-until-of = From { $from } to { $to }, { $name } cost { $value } on { $days }
unusual-level-more = , { $excess } more than the same weekdays before
unusual-level-less = , { $excess } less than the same weekdays before
unusual-level-more-unknown = , more than before; by how much is not known, since too few of the same weekdays are
unusual-level-less-unknown = , less than before; by how much is not known, since too few of the same weekdays are
unusual-explains = ; { $name } explains { $share } of it
unusual-explains-all = ; { $name } explains all of it
unusual-reasons = { " " }({ $reasons })
unusual-no-days = The source tells no cost by day, so that unusual days cannot be found.
unusual-no-look-back = Unusual days cannot be found, since the days before the period are not known.
unusual-unjudged = { $count ->
    [one] 1 day of the period is
   *[other] { $count } days of the period are
} not looked at for being unusual, since fewer than { $least } days before are known.
unusual-nothing = { $count ->
    [one] The one day that was looked at does not stand out from what is usual.
   *[other] None of the { $count } days that were looked at stands out from what is usual.
}
unusual-suppressed = { $count ->
    [one] 1 unusual day of known events is
   *[other] { $count } unusual days of known events are
} not listed: { $events }.
unusual-cut-off = What differs less is not listed, of { $count ->
    [one] 1 day
   *[other] { $count } days
}.
unusual-too-large = { $count ->
    [one] 1 day is
   *[other] { $count } days are
} not looked at for being unusual, since the amounts are too large to be compared exactly.

## Reconciliation: parts beside their total, usage against a bill.

metric-parts_cost = Cost of the parts
metric-parts_requests = Requests of the parts
metric-parts_tokens = Tokens of the parts
metric-unattributed_cost = Unattributed cost
metric-unattributed_requests = Unattributed requests
metric-unattributed_tokens = Unattributed tokens
metric-usage_cost = Usage
metric-usage_corrections = Corrections of usage
metric-known_gap = Known gap
metric-unexplained_cost = Unexplained
metric-unexplained_share = Unexplained share
metric-unexplained_tolerance = Tolerance
metric-bill_cost = Bill
meaning-parts_cost = Sum of the cost of all members of a split, or of all days
meaning-parts_requests = Sum of the requests of all members of a split, or of all days
meaning-parts_tokens = Sum of the tokens of all members of a split, of all days, or of input and output
meaning-unattributed_cost = Cost that a split gives to no member
meaning-unattributed_requests = Requests that a split gives to no member
meaning-unattributed_tokens = Tokens that a split gives to no member
meaning-usage_cost = Total cost of the period as the source of usage tells it
meaning-usage_corrections = Billed cost of corrections that are neither credits, taxes nor adjustments
meaning-known_gap = An amount of the bill that usage is known not to hold, as configured
meaning-unexplained_cost = Bill less usage, credits, taxes, adjustments, corrections of usage and known gaps
meaning-unexplained_share = Unexplained / bill × 100; n/a unless the bill is above zero
meaning-unexplained_tolerance = The largest unexplained share that is accepted, as configured
meaning-bill_cost = Total cost of the period as the bill tells it
section-ties = Reconciliation
section-bill = Usage against bill
section-bill-by = Usage against bill by { $dimension }
tie-by = { $figure } by { $dimension }
tie-by-days = { $figure } by day, { $count } without data
tie-tokens = Tokens: input and output
tie-nobody = { $label }: (unattributed)
tie-total-of = Total of
tie-parts = Parts
tie-difference = Difference
tie-unattributed = Unattributed
tie-state = State
tie-exact = ties
tie-noise = ties, but for binary noise
tie-apart = differs
parts-apart = { $label }: the parts add up to { $parts }, the source's total is { $total }, a difference of { $difference }; the report shows both as sent ({ $period }).
bill-usage-of = Usage ({ $source })
bill-of = Bill ({ $source })
bill-known = Known: { $reason }
bill-amount = Amount
bill-remark = Remark
bill-less-usage = Bill − usage
bill-of-usage = Of usage
bill-within-by = { $share } unexplained, within tolerance of { $tolerance }
bill-outside-by = { $share } unexplained, outside tolerance of { $tolerance }
bill-within = within the tolerance
bill-not-within = outside the tolerance
bill-side-absent = Usage is not held against the bill: nothing of { $source } is in the report.
bill-side-unknown = Usage is not held against the bill: the total cost that { $source } should tell is not known.
bill-currencies = Usage is not held against the bill: { $usage } is in { $of-usage }, { $bill } in { $of-bill }, and no rate between them is given.
bill-split-untold = Usage is not held against the bill by { $dimension }: { $usage } tells no cost by { $dimension }, or { $bill } none by { $billed }.
bill-not-apart = The bill does not tell { $figures } apart; what they come to is part of what is not explained.
bill-holds = { $bill } holds { $amount } that { $usage } does not explain
bill-lacks = { $usage } tells { $amount } that { $bill } does not hold
bill-beyond = { $share } of the bill; { $tolerance } would be within the tolerance
bill-outside = Usage against bill: { $share } is not explained, more than the tolerance of { $tolerance }. Usual causes are credits, tiers of prices, minimum charges, late data and tax.
bill-share = { $percent } of the bill
bill-part = a part of the bill
bill-tolerance-of-usage = { $percent } of the usage, since the bill is not above zero
bill-days = With credits and taxes on their days, they part most on { $days }.
bill-day = { $day } (bill { $amount } { $side ->
    [less] less
   *[more] more
})

## Restatement: what a revision changes of the version before.

section-restatement = Changes since revision { $revision }
restates = Revision { $revision } restates { the-period }
restates-beside = Revision { $revision } has the same figures as revision { $before }; what they are compared with has changed.
restates-nothing = Revision { $revision } has the same figures as revision { $before }.
restates-below = the totals are the same, figures below them are not.
figure-of-source = { $figure } of { $source }
restated-instead = { $figure } is { $new } instead of { $old } ({ $change })
restated-instead-only = { $figure } is { $new } instead of { $old }
restated-known-now = { $figure }, which was not known, is { $new }
restated-unknown-now = { $figure } is not known any more; it was { $old }
restated-unknown = { $figure } is not known
restated-total-new = { $figure } is new, { $new }
restated-total-gone = { $figure }, which was { $old }, is gone
restated-total-gone-unknown = { $figure }, which was not known, is gone
version-before = revision { $revision } of { $instant }, the last version that was delivered
version-not-final = revision { $revision } of { $instant }, the last version that was delivered, which was not final
restated-lines = Compared with { $version }: { $lines }. The files list every line.
restated-beside = Compared with { $version }: every figure is the same, but not what the figures are compared with.
restated-nothing = Compared with { $version }: every figure is the same.
restated-facts = Forecasts, moving averages, effects and unusual days follow from the figures and the calendar, and are not compared.
restates-nobody = No earlier revision of this report is known to have reached its readers, so that there is nothing to compare it with.
restated-untold = What has changed since { $version }, cannot be told: its figures are not kept.
restated-differ = { $count ->
    [one] 1 figure differs
   *[other] { $count } figures differ
}
restated-new = { $count ->
    [one] 1 figure is new
   *[other] { $count } figures are new
}
restated-more-new = { $count ->
    [one] 1 is new
   *[other] { $count } are new
}
restated-gone = { $count ->
    [one] 1 figure is gone
   *[other] { $count } figures are gone
}
restated-more-gone = { $count ->
    [one] 1 is gone
   *[other] { $count } are gone
}
restated-shown = { $shown } of { $all } shown; the files have all

## Rules: why a report goes out.

rule-holds = A rule of this report newly holds: { $found }.
rule-unjudged = A rule of this report cannot be judged: { $found }.
rule-value = { $figure } is { $value }, { $side ->
    [above] above
    [not_above] not above
    [below] below
   *[not_below] not below
} { $limit }
rule-value-unknown = { $figure } is not known, so that nobody can say whether it is { $side ->
    [above] above
   *[below] below
} { $limit }
rule-change = { $figure } has changed by { $change } { against-period }, { $side ->
    [above] above
    [not_above] not above
    [below] below
   *[not_below] not below
} { $limit }
rule-change-unknown = the change of { $figure } { against-period } in per cent is not known, so that nobody can say whether it is { $side ->
    [above] above
   *[below] below
} { $limit }
another-period = another period

## Notices of sources: almyty, units of cost and what is kept.

invoices-of-another-unit = { $period }: the providers have invoiced { $amount }, which is about { $advice }
invoices-beside-conversations = { $period }: the providers have invoiced { $invoiced }, { $difference } { $which ->
    [less] less
   *[more] more
} than the { $ours } at which the platform puts the conversations with them.
estimate-of-platform = The platform's own estimate is { $amount }.
week-of-another-unit = In the seven days before the data were fetched, runs of agents cost { $amount }, which is about { $advice }
month-of-another-unit = { $period }: runs of agents have cost { $amount } since the first of the month, which is about { $advice }
cost-of-another-unit = { $how-much ->
    [hundredth] a hundredth of
   *[hundredfold] a hundred times
} the { $ours } of the conversations: their cost may be in another unit than it is taken for; { $remedy }.
set-dollars = set `conversation_cost = "dollars"` if the platform states dollars
set-cents = set `conversation_cost = "cents"` if the platform states cents
ask-for-unit = ask the platform's operator in which unit conversations state their cost
unit-not-checked = Whether the cost of conversations is in the right unit was not checked against all that the platform tells, since it did not answer { $answers }.
answer-lacking = { $path } ({ $reason })
requests-of-none = has none for { $days }
requests-of-some = perhaps not all for { $days }
requests-not-retained = { $period }: requests are not retained: the platform keeps them for { $count } days and { $which }. They are not available, which is not zero. If it keeps them longer, set `retention_days`.
