# Español: las palabras de todos los informes. Completo.
# La carpeta `template` de un trabajo puede contener `language/es.ftl` con los mensajes que quiera decir de otra manera.

## Fechas (patrones de strftime) y periodos.

date-day = %-d de %B
date-short = %-d %b
date-full = %-d de %B de %Y
date-short-year = %-d %b %Y
date-month = %B de %Y
period-quarter = T{ $quarter } de { $year }
period-fiscal-quarter = T{ $quarter } del ejercicio { $year }
period-fiscal-year = ejercicio { $year }
period-week = semana { $week } de { $year }
tiny-quarter = T{ $quarter } { $year }
tiny-week = S{ $week }

## Los periodos dentro de una frase: «de octubre», «del T3», «de la semana 45», «del 1 al 18 de noviembre».

the-period = { $period-kind ->
    [quarter] el { $period }
    [fiscal-quarter] el { $period }
    [fiscal-year] el { $period }
    [week] la { $period }
    [day] el { $period }
    [range] el periodo del { $period-first } al { $period-last }
   *[other] { $period }
}
of-period = { $period-kind ->
    [quarter] del { $period }
    [fiscal-quarter] del { $period }
    [fiscal-year] del { $period }
    [week] de la { $period }
    [day] del { $period }
    [range] del { $period-first } al { $period-last }
   *[other] de { $period }
}
in-period = { $period-kind ->
    [quarter] en el { $period }
    [fiscal-quarter] en el { $period }
    [fiscal-year] en el { $period }
    [week] en la { $period }
    [day] el { $period }
    [range] del { $period-first } al { $period-last }
   *[other] en { $period }
}
against-period = { $period-kind ->
    [quarter] frente al { $period }
    [fiscal-quarter] frente al { $period }
    [fiscal-year] frente al { $period }
    [week] frente a la { $period }
    [day] frente al { $period }
    [range] frente al periodo del { $period-first } al { $period-last }
   *[other] frente a { $period }
}
the-base = { $base-kind ->
    [quarter] el { $base }
    [fiscal-quarter] el { $base }
    [fiscal-year] el { $base }
    [week] la { $base }
    [day] el { $base }
    [range] el periodo del { $base-first } al { $base-last }
   *[other] { $base }
}
in-base = { $base-kind ->
    [quarter] en el { $base }
    [fiscal-quarter] en el { $base }
    [fiscal-year] en el { $base }
    [week] en la { $base }
    [day] el { $base }
    [range] del { $base-first } al { $base-last }
   *[other] en { $base }
}

## Números.

not-available = n/d
no-name = (sin nombre)
unattributed = (sin atribuir)
unattributed-as-name = (sin atribuir), como nombre
so-called = «{ $name }»
points = p. p.
not-meaningful = n/s
thousand = mil
million = M
billion = mil M
trillion = bill.
bytes = bytes
per-thousand-requests = Costo por { $thousand } peticiones

## Variaciones.

up = sube
down = baja
new = nuevo
gone = sin uso
no-change = sin cambios
flat = estable
no-comparison = sin comparación: n/d

## Palabras de tablas y títulos.

name = Nombre
value = Valor
change = Variación
change-percent = Variación %
direction = Sentido
share = % del total
figure = Indicador
figures = Todos los indicadores
figures-by-day = Datos por día
unit = Unidad
line = Línea
step = Concepto
before = Antes
source = Fuente
rank = Puesto
base = Base
total = Total
total-shown = Total mostrado
total-without = Total sin n/d
others = Otros
total-of = Total ({ $shown } { $members })
rest-of = Resto ({ $shown } { $members })
rest = Resto
count-others = { $count ->
    [one] 1 más
   *[other] Otros { $count }
}
shown-of = se muestran { $shown } de { $all }
last-periods = los últimos { $periods } de { $all } periodos
versus = { against-period }
from-period = Desde { the-period }
place = Puesto { $place }
places = Puestos { $from } a { $to }
see-table = N.º { $number }, véase la tabla
no-data = Sin datos disponibles
all-sources = Todas las fuentes
of-all-sources = todas las fuentes
moved-most = Mayores variaciones
missing = Faltan datos:
notices = Avisos
files = Archivos
rounding = Las cifras mostradas se redondean una sola vez; las partes que acompañan a un total suman ese total. Los archivos contienen las cifras sin redondear.
rows-left-out = Se han omitido filas para que este correo sea breve; la versión en texto y los archivos contienen más.
more-notices = { $count ->
    [one] Hay 1 aviso más
   *[other] Hay { $count } avisos más
} en los archivos.
compared-with = comparado con { the-period }
and-with = y { the-period }
days = { $count ->
    [one] 1 día
   *[other] { $count } días
}
chart-first-days = los primeros { $shown } de { $all } días; la tabla los tiene todos
chart-legend = barras: { $own }; línea discontinua: { $other }
usual-weekday = { $day }: { $value }, { $times } × un { $weekday } habitual
usual = { $day }: { $value }, { $times } × lo habitual

## De qué informe se trata: etiquetas junto al título y pie.

final = Definitivo
incomplete = Incompleto: sin { $sources }
provisional = Provisional: completo hasta el { $instant }
revision = Revisión { $revision }
days-of-zone = días en { $zone }
gaps = { $count ->
    [one] 1 laguna en los datos
   *[other] { $count } lagunas en los datos
}
foot-source = Fuente: { $source } ({ $platform }), consultada el { $instant }
foot-run = Ejecución …{ $run }, revisión { $revision } · generado el { $instant }
subject-incomplete = (incompleto)
subject-provisional = (provisional)
subject-by-hand = (generado a mano)
subject-revision = (revisión { $revision })

## Grupos de indicadores, y los que no constan.

group-lab = Laboratorio
group-requests = Peticiones
group-tasks = Tareas
group-cost = Costo
group-tokens = Tokens
group-users = Usuarios y agentes
group-cost-detail = Detalle del costo
group-more = Más
none-available = { $count ->
    [one] El único indicador no está disponible.
   *[other] Ninguno de los { $count } indicadores está disponible.
}
figures-untold = Esta fuente no proporciona { $count ->
    [one] 1 indicador
   *[other] { $count } indicadores
}: { $figures }.

## Qué es un elemento: uno dentro de una frase, y varios.

dimension-agent = agente
dimension-user = usuario
dimension-project = proyecto
dimension-model = modelo
dimension-service = servicio
dimension-service_type = tipo de servicio
dimension-provider = proveedor
dimension-sub_account = subcuenta
dimension-source = fuente
dimension-gateway = pasarela
dimension-tool = herramienta
dimension-audit_action = acción auditada
dimension-audit_resource_type = tipo de recurso auditado
dimension-audit_user = usuario auditado
dimension-day = día
dimension-period = periodo
dimension-figure = indicador
dimension-member = elemento
members-agent = { $count ->
    [one] agente
   *[other] agentes
}
members-user = { $count ->
    [one] usuario
   *[other] usuarios
}
members-project = { $count ->
    [one] proyecto
   *[other] proyectos
}
members-model = { $count ->
    [one] modelo
   *[other] modelos
}
members-service = { $count ->
    [one] servicio
   *[other] servicios
}
members-service_type = { $count ->
    [one] tipo de servicio
   *[other] tipos de servicio
}
members-provider = { $count ->
    [one] proveedor
   *[other] proveedores
}
members-sub_account = { $count ->
    [one] subcuenta
   *[other] subcuentas
}
members-source = { $count ->
    [one] fuente
   *[other] fuentes
}
members-gateway = { $count ->
    [one] pasarela
   *[other] pasarelas
}
members-audit_action = { $count ->
    [one] acción auditada
   *[other] acciones auditadas
}
members-audit_resource_type = { $count ->
    [one] tipo de recurso auditado
   *[other] tipos de recurso auditados
}
members-audit_user = { $count ->
    [one] usuario auditado
   *[other] usuarios auditados
}
members-tool = { $count ->
    [one] herramienta
   *[other] herramientas
}

## El libro de Excel.

sheet-summary = Resumen
sheet-notes = Notas
sheet-charts = Datos de los gráficos
sheet-unnamed = Hoja
sheet-history = Historia del periodo
chart-data-note = Lo que dibujan los gráficos. Las cifras exactas están en las tablas de las demás hojas.
chart-day = Día
chart-period = Periodo
chart-name = Nombre
chart-compared = Comparado con
chart-below = Por debajo
chart-more = Más
chart-less = Menos
chart-outlier = { $day }: { $value }, { $times } × lo habitual
chart-gaps = n/d: { $days }
more-days = { $count ->
    [one] 1 día más
   *[other] { $count } días más
}
unit-count = unidades
unit-tokens = tokens
compared-column = Comparado con
previous = Anterior ({ $period })
week-before = Una semana antes
previous-period = Periodo anterior
last-year = Mismo periodo del año anterior ({ $period })
last-year-period = Mismo periodo del año anterior
change-of = variación
change-percent-of = variación %
direction-of = sentido
about-column = { $figure }: { $column }
against = { $column } ({ $period })
workbook-run = Ejecución { $run }, revisión { $revision }
summary-foot = Ejecución { $run }, revisión { $revision }. Las fuentes, los avisos y las definiciones están en la última hoja, Notas.
provenance = Procedencia
conventions = Convenciones
definitions = Definiciones
report = Informe
job = Trabajo
run = Ejecución
revision-word = Revisión
generated-at = Generado el
period = Periodo
compared-to = Comparado con
period-chosen = { $period }: del { $start } al { $end }, { $days } días, elegido en { $zone }
complete-up-to = Completo hasta
later-figures = { $instant }; las cifras posteriores aún pueden cambiar
source-named = Fuente { $source }
source-told = { $platform }; los días se cuentan en { $zone }; consultada el { $instant }
source-scoped = { $platform }; { $scope }; los días se cuentan en { $zone }; consultada el { $instant }
about-missing = n/d
about-missing-text = No disponible: la fuente no lo indica. Nunca equivale a cero, y las sumas no lo incluyen.
about-exact = Exactitud
about-exact-text = Las celdas contienen los valores sin redondear, y los promedios y porcentajes con los 15 dígitos de una hoja de cálculo; solo se redondea lo que se muestra.
about-percent = Porcentaje
about-percent-text = 5 significa 5{ "\u00A0" }%. La diferencia entre dos porcentajes se expresa en puntos porcentuales (p. p.).
about-change = Variación
about-change-text = Valor menos base.
about-change-percent = Variación %
about-change-percent-text = Variación / base × 100; n/d si la base no es mayor que cero.
about-direction = Sentido
about-direction-text = estable: igual, o el porcentaje se redondea a cero; nuevo: desde cero; sin uso: hasta cero.
about-colour = Color
about-colour-text = El rojo es desfavorable y el verde favorable: más costo, más errores o más espera es desfavorable. Las demás variaciones no llevan color.
about-long = Números largos
about-long-text = { $count ->
    [one] 1 valor tiene más de 15 dígitos significativos, que ningún número de una hoja de cálculo admite; se escribe
   *[other] { $count } valores tienen más de 15 dígitos significativos, que ningún número de una hoja de cálculo admite; se escriben
} como texto para no perder ningún dígito.

## Indicadores: cómo se llama cada cifra, por su clave.

metric-agents_created = Agentes creados
metric-agents_modified = Agentes modificados
metric-flows_created = Flujos creados
metric-flows_modified = Flujos modificados
metric-processes_created = Procesos creados
metric-processes_modified = Procesos modificados
metric-total_requests = Peticiones
metric-requests_with_errors = Peticiones con error
metric-error_rate = Tasa de error
metric-average_request_time = Tiempo promedio por petición
metric-total_cost = Costo total
metric-average_cost_per_request = Costo promedio por petición
metric-input_tokens = Tokens de entrada
metric-output_tokens = Tokens de salida
metric-total_tokens = Tokens totales
metric-average_input_tokens_per_request = Tokens de entrada por petición
metric-average_output_tokens_per_request = Tokens de salida por petición
metric-average_tokens_per_request = Tokens por petición
metric-active_users = Usuarios activos
metric-active_agents = Agentes activos
metric-active_projects = Proyectos activos
metric-known_projects = Proyectos conocidos
metric-active_models = Modelos activos
metric-conversations = Conversaciones
metric-audio_seconds = Segundos de audio
metric-characters = Caracteres
metric-effective_cost = Costo efectivo
metric-list_cost = Costo a precio de lista
metric-non_usage_cost = Cargos que no son uso
metric-contracted_cost = Costo contratado
metric-credits = Créditos
metric-taxes = Impuestos
metric-adjustments = Ajustes
metric-corrections = Correcciones
metric-cost_per_day = Costo por día
metric-cost_share = Participación en el costo
metric-cost_moving_average = Costo, promedio de 7 días
metric-price = Precio
metric-volume = Volumen
metric-mix = Mezcla
metric-new = Altas
metric-retired = Bajas
metric-currency = Tipos de cambio
metric-other = Otros efectos
metric-total_tasks = Tareas
metric-completed_tasks = Tareas completadas
metric-failed_tasks = Tareas fallidas
metric-task_success_rate = Tasa de éxito de tareas
metric-task_completion_rate = Tasa de finalización de tareas
metric-task_error_rate = Tasa de error de tareas
metric-total_steps = Pasos
metric-average_task_duration = Duración promedio de tarea
metric-average_cost_per_task = Costo promedio por tarea
metric-success_rate = Tasa de éxito
metric-tool_executions = Ejecuciones de herramientas
metric-tool_errors = Errores de herramientas
metric-audit_events = Eventos de auditoría
metric-invoiced_cost = Facturado por los proveedores
metric-requests = Peticiones
metric-tokens = Tokens
metric-cost = Costo

## Qué significan los indicadores, en la última hoja de un libro.

meaning-agents_created = Agentes creados en el periodo
meaning-agents_modified = Agentes modificados en el periodo
meaning-flows_created = Flujos creados en el periodo
meaning-flows_modified = Flujos modificados en el periodo
meaning-processes_created = Procesos creados en el periodo
meaning-processes_modified = Procesos modificados en el periodo
meaning-total_requests = Peticiones hechas en el periodo
meaning-requests_with_errors = Peticiones que terminaron en error
meaning-error_rate = Peticiones con error / peticiones × 100
meaning-average_request_time = Tiempo promedio de una petición en milisegundos, según la fuente
meaning-total_cost = Costo del periodo; en una factura, la suma del costo facturado, con créditos y correcciones
meaning-average_cost_per_request = Costo total / peticiones
meaning-input_tokens = Tokens enviados a los modelos
meaning-output_tokens = Tokens escritos por los modelos
meaning-total_tokens = Tokens de entrada más tokens de salida
meaning-average_input_tokens_per_request = Tokens de entrada / peticiones
meaning-average_output_tokens_per_request = Tokens de salida / peticiones
meaning-average_tokens_per_request = Tokens totales / peticiones
meaning-active_users = Usuarios distintos con al menos una petición; ni los días ni los elementos se pueden sumar
meaning-active_agents = Agentes distintos con al menos una petición; ni los días ni los elementos se pueden sumar
meaning-active_projects = Proyectos distintos con al menos una petición; ni los días ni los elementos se pueden sumar
meaning-known_projects = Proyectos de la lista de proyectos, más los que tienen uso y faltan en ella; sin lista, los que tienen uso
meaning-active_models = Modelos distintos con uso; ni los días ni los elementos se pueden sumar
meaning-conversations = Conversaciones iniciadas
meaning-audio_seconds = Segundos de audio escuchados o hablados
meaning-characters = Caracteres hablados
meaning-effective_cost = Costo amortizado: lo pagado por adelantado se reparte a lo largo de su uso
meaning-list_cost = Costo a precio de lista
meaning-non_usage_cost = Compras, créditos, impuestos, ajustes y correcciones: la proyección los toma una sola vez, tal como son
meaning-contracted_cost = Costo a los precios contratados
meaning-credits = Importe facturado de los créditos
meaning-taxes = Importe facturado de los impuestos
meaning-adjustments = Importe facturado de los ajustes
meaning-corrections = Importe facturado de las correcciones a periodos anteriores
meaning-cost_per_day = Costo total / días del periodo
meaning-cost_share = Costo de un elemento / costo total × 100; su variación se expresa en puntos porcentuales
meaning-cost_moving_average = Costo promedio de un día y los seis anteriores; vacío si falta alguno de los siete
meaning-price = Variación del costo total por el cambio de los precios unitarios, con las cantidades actuales
meaning-volume = Variación del costo total por un uso mayor o menor, con los precios y la mezcla de antes
meaning-mix = Variación del costo total por pasar a elementos más baratos o más caros, con los precios de antes
meaning-new = Costo de lo que antes no se usaba
meaning-retired = Costo de lo que ya no se usa, en negativo
meaning-currency = Variación del costo total por los tipos de cambio
meaning-other = El resto de la variación del costo total: cuotas, créditos y lo que no tiene precio unitario
meaning-total_tasks = Tareas encargadas a los agentes
meaning-completed_tasks = Tareas completadas
meaning-failed_tasks = Tareas fallidas
meaning-task_completion_rate = Según la plataforma, para una ventana propia
meaning-task_error_rate = Según la plataforma, para una ventana propia
meaning-task_success_rate = Tareas completadas / tareas × 100
meaning-total_steps = Pasos dados por las tareas
meaning-average_task_duration = Duración promedio de una tarea en milisegundos, según la fuente
meaning-average_cost_per_task = Costo total / tareas
meaning-success_rate = Peticiones respondidas con éxito / peticiones × 100
meaning-tool_executions = Ejecuciones de herramientas
meaning-tool_errors = Ejecuciones de herramientas que fallaron
meaning-audit_events = Entradas del registro de auditoría
meaning-invoiced_cost = Lo facturado por los proveedores, en la medida en que la plataforma conoce sus facturas
meaning-requests = Peticiones de un agente o usuario
meaning-tokens = Tokens de un agente o usuario
meaning-cost = Costo de un agente o usuario

## La respuesta: cuánto se gastó, cómo varió y por qué.

answer-unavailable = El costo total { of-period } no está disponible.
answer-was = El gasto { of-period } fue de { $value }.
answer-rose = El gasto subió un { $change }, hasta { $value }.
answer-fell = El gasto bajó un { $change }, hasta { $value }.
answer-level = El gasto se mantuvo en { $value }.
answer-new = El gasto fue de { $value }; { in-base } no hubo ninguno.
answer-gone = No hubo gasto { in-period }.
answer-went = El gasto pasó de { $base } a { $value }.
answer-without-base = El gasto fue de { $value }; { in-base } no hay datos con los que compararlo.
answer-per-day-up = Por día sube un { $change }, ya que { the-period } tiene { $days } que { the-base }.
answer-per-day-down = Por día baja un { $change }, ya que { the-period } tiene { $days } que { the-base }.
answer-per-day-level = Por día se mantiene, ya que { the-period } tiene { $days } que { the-base }.
days-more = { $count ->
    [one] un día más
   *[other] { $count } días más
}
days-fewer = { $count ->
    [one] un día menos
   *[other] { $count } días menos
}
answer-highest = El gasto es el más alto de los { $periods } periodos.
answer-lowest = El gasto es el más bajo de los { $periods } periodos.
beside-rose = { against-period }, el gasto subió un { $change }.
beside-fell = { against-period }, el gasto bajó un { $change }.
beside-level = { against-period }, el gasto se mantuvo.
beside-went = { against-period }, el gasto pasó de { $base } a { $value }.
mover-cost-more = { $name } costó { $value } más, la mayor variación.
mover-cost-less = { $name } costó { $value } menos, la mayor variación.
mover-among-cost-more = { $name } costó { $value } más, la mayor variación entre los { $members } que figuran en ambas clasificaciones.
mover-among-cost-less = { $name } costó { $value } menos, la mayor variación entre los { $members } que figuran en ambas clasificaciones.
mover-among-requests-more = { $name } hizo { $value } peticiones más, la mayor variación entre los { $members } que figuran en ambas clasificaciones.
mover-among-requests-fewer = { $name } hizo { $value } peticiones menos, la mayor variación entre los { $members } que figuran en ambas clasificaciones.
answer-weekday = El gasto del { $day }, por sí solo, fue de { $value }, { $times } × un { $weekday } habitual.
answer-day = El gasto del { $day }, por sí solo, fue de { $value }, { $times } × un día habitual.
answer-incomplete = Este informe está incompleto: no contiene nada de { $sources }.
why-added-one = { $first-value } más por { $first }
why-added-two = { $first-value } más por { $first } y { $second-value } más por { $second }
why-added-three = { $first-value } más por { $first }, { $second-value } más por { $second } y { $third-value } más por { $third }
why-took-one = { $first-value } menos por { $first }
why-took-two = { $first-value } menos por { $first } y { $second-value } menos por { $second }
why-took-three = { $first-value } menos por { $first }, { $second-value } menos por { $second } y { $third-value } menos por { $third }
effect-unit-cost = el costo de cada unidad
effect-higher-prices = precios más altos
effect-lower-prices = precios más bajos
effect-more-use = un uso mayor
effect-less-use = un uso menor
effect-dearer-mix = una mezcla más cara
effect-cheaper-mix = una mezcla más barata
effect-new = lo que es nuevo
effect-retired = lo que ya no se usa
effect-rates = los tipos de cambio
effect-other = otros cambios

## Títulos de secciones y gráficos, y lo que muestran los gráficos.

section-summary = Resumen
section-daily = Por día
section-daily-weeks = Por día, con la variación desde el mismo día de la semana anterior
section-trend = Tendencia
section-platform-trend = Tendencia según la plataforma
platform-window = Su ventana «{ $window }», cuyos días no indica
platform-window-before = La ventana anterior a esa
section-effects = Por qué varió el costo
section-usage = Uso por proyecto y tipo de servicio
by-dimension = Por { $dimension }
list-top_agents_by_requests = Agentes con más peticiones
list-top_agents_by_tokens = Agentes con más tokens
list-top_users_by_requests = Usuarios con más peticiones
list-top_users_by_cost = Usuarios con mayor costo
list-top_agents_by_cost = Agentes con mayor costo
list-not-available = No disponible
cost-per-day = Costo por día
cost-per-period = Costo por periodo
cost-by = Costo por { $dimension }
cost-per-day-by = Costo diario por { $dimension }
cost-per-day-by-project-of = Costo diario por proyecto: { $view }
project-trends = Evolución de los proyectos
all-services = Todos los servicios
per-day = { $name }, por día
view-per-day = { $view } por día: { $name }
view-costs = Costos
view-requests = Peticiones
view-usage = Uso
view-usage-in = Uso en { $unit }
in-tokens = tokens
in-seconds = segundos
in-characters = caracteres
project-and-more = { $project } y { $count } más
chart-bridge = De { $base } a { $value }, paso a paso.
chart-periods = El más alto de { $count } periodos es { the-period }, con { $value }.
chart-leader = En cabeza, { $name } con { $value }.
chart-in-all = { $name }: { $value } en total.
service-text_generation = Generación de texto
service-speech_to_text = Voz a texto
service-text_to_speech = Texto a voz
service-embedding = Embeddings
service-rerank = Reordenación
service-agent = Cuota de agentes

## Avisos de un informe.

source-absent = No hay nada de esta fuente en el informe: no se han podido obtener o leer sus datos. Detalle técnico (en inglés): «{ $reason }».
not-added-up = Las fuentes no se suman, ya que falta una de ellas.
trend-shorter = { $period } se indica con { $days } días, y el propio periodo con { $of }.
compared-before = El periodo anterior se compara hasta donde llega: { $days } de { $of } días.
compared-last-year = El mismo periodo del año anterior se compara hasta donde llega: { $days } de { $of } días.
provisional-figures = Las cifras son provisionales: la fuente aún puede ampliarlas; datos hasta el { $instant }.
days-are-days-of = Los días son días en { $zone }, tal como los cuenta la fuente, y no en { $own }.
amounts-not-converted = Los importes están en { $currency }, tal como los indica la fuente; no se convierten a { $own }.
sums-of-sources = Las cifras de todas las fuentes son la suma de lo que indica cada una de ellas; el uso que indican dos fuentes se cuenta dos veces.
amounts-not-added = Los importes están en { $currencies }; los importes de monedas distintas no se suman.
and = { $one } y { $next }
no-cost-compared-by = La fuente no indica el costo por { $dimension }, por lo que no se compara de ese modo.
no-cost-shown-by = La fuente no indica el costo por { $dimension }, por lo que no se muestra de ese modo.
grain-items = El precio, el volumen y la mezcla se calculan por { $kind }, contando { $unit }; el precio es la variación del costo de cada unidad con la cantidad actual.
grain-apart = No se indican precio, volumen ni mezcla: ningún elemento ({ $kind }) se cuenta en ambos periodos.
grain-against = Frente a { $period }: { $grain }
grain-mixed = El precio y el volumen se calculan por { $kind }, cada uno en su propia unidad (tokens, segundos, caracteres o peticiones); no hay una unidad común y, por tanto, tampoco mezcla.
grain-whole = El precio y el volumen son los de todo el uso en conjunto, contando { $unit }, ya que la fuente no indica el costo de las partes: un cambio a modelos más caros o más baratos aparece como precio.
grain-costs = La fuente no indica cantidades junto a sus costos, por lo que la variación no se descompone en precio y volumen; las altas y las bajas son por { $dimension }.
grain-all-new = Antes no se usó nada, por lo que todo el costo es nuevo.
grain-all-retired = Ya no se usó nada, por lo que todo el costo de antes es retirado.
grain-nothing = La fuente no indica ni cantidades ni partes de su costo, por lo que la variación no se explica.
kind-model = modelo
kind-model_and_service_type = modelo y tipo de servicio
counted-total_tokens = tokens totales
counted-audio_seconds = segundos de audio
counted-characters = caracteres
counted-total_requests = peticiones totales
look-back-stays-in = Los días a partir del { $first } no se convierten de { $currency } a { $into }, y no se conoce lo que era habitual antes del periodo: { $reason }.
period-stays-out = { $period }: no se muestran los importes, porque no se pueden convertir de { $currency } a { $into }: { $reason }.
stays-in = Los importes siguen en { $currency } y no se convierten a { $into }: { $reason }.
too-large = un importe es demasiado grande para convertirlo con exactitud
cost-unknown = no se conoce el costo { of-period } ni, por tanto, el tipo de cambio del periodo
nothing-known = { $period }: no se conoce ningún importe y no se ha convertido ninguno.
days-do-not-add = los días { of-period } no suman su total, por lo que no se puede aplicar el tipo de cambio de cada día
no-rate-for-day = no hay tipo de cambio de { $from } a { $into } para el { $day } ni para los siete días anteriores
no-rate-for-end = no hay tipo de cambio de { $from } a { $into } para el final { of-period }
nothing-spent = { $period }: no hubo gasto y no se ha convertido nada.
days-cancel = los días { of-period } se compensan entre sí, por lo que el periodo no tiene un tipo de cambio propio
converted = { $period }: se han convertido { $from } { $before } en { $into } { $after }, cada día con su propio tipo de cambio de la tabla (en promedio, { $rate }).
converted-carried = { $period }: se han convertido { $from } { $before } en { $into } { $after }, cada día con su propio tipo de cambio de la tabla (en promedio, { $rate }; { $count ->
    [one] un día lleva el tipo de un día anterior
   *[other] { $count } días llevan el tipo de un día anterior
}).
converted-members = A lo que la fuente no indica por día, como el costo de cada miembro, se le aplica ese promedio.
as-sent = { $figure }: tal como la envió la fuente, ya que no se conocen sus partes ({ $period })
parts-differ = { $figure }: la plataforma indica { $own } y sus partes dan { $parts }; el informe muestra lo que dan las partes ({ $period })
tokens-differ = Tokens totales: la fuente indica { $total }, mientras que los de entrada y salida suman { $sum }; el informe muestra ambas cifras tal como se enviaron ({ $period })
days-differ = { $figure }: los días suman { $sum } y el total de la fuente es { $total }; el informe muestra ambas cifras tal como se enviaron ({ $period })
known-days-differ = { $figure }: los días con datos suman { $sum } y el total de la fuente es { $total }; el informe muestra ambas cifras tal como se enviaron ({ $period })
reaches-only = Los datos de { $source } llegan solo hasta el { $day }, y el periodo termina el { $last }.
has-nothing-yet = { $source } aún no tiene ningún dato, y el periodo termina el { $last }.

platform-focus = Factura FOCUS
platform-usage = Archivos de uso

## Avisos de las fuentes: archivos.

rows-reach-only = Las filas llegan solo hasta el { $last }; los datos { of-period } pueden estar incompletos.
rows-begin-only = Las filas empiezan el { $first }; los datos { of-period } pueden estar incompletos.
no-rows-for = Hay días sin filas ({ $days }): o no hubo uso o faltan archivos.
no-rows-for-many = Hay días sin filas ({ $days }, y { $count ->
    [one] 1 laguna más
   *[other] { $count } lagunas más
}): o no hubo uso o faltan archivos.
no-figures-at-all = No hay cifras { of-period }: los archivos no tienen ninguna fila.
no-figures-in = No hay cifras { of-period }: no cae en el periodo ninguna fila de las { $rows }, que van del { $first } al { $last }.
same-file = { $path } es idéntico a { $other }, byte a byte; se cuentan ambos. Elimine uno si no es correcto.
columns-lacking = No disponible ({ $periods }): { $figures }. { $why }
lacking-in-bill = A algún archivo le falta la columna, o sus celdas están vacías, y lo desconocido no es cero.
lacking-in-usage = A algún archivo le falta la columna, o no hay nombres en ella, o a alguna línea de JSON le falta el valor. Lo desconocido no es cero; solo un número que se deja vacío cuenta como 0.
no-project-list = No se ha indicado una lista de proyectos (`projects`), por lo que solo se conocen los proyectos con uso.
odd-colours = La lista de proyectos tiene colores que no se escriben como #1f77b4 ({ $colours }); esos proyectos llevan colores nuestros.
unknown-word = { $rows ->
    [one] 1 fila tiene en { $column } el valor `{ $word }`, que FOCUS no conoce; está en el total, y los indicadores que distinguen esa fila
   *[other] { $rows } filas tienen en { $column } el valor `{ $word }`, que FOCUS no conoce; están en el total, y los indicadores que distinguen esas filas
} no están disponibles.

## Avisos de las fuentes: respuestas de las plataformas.

flaw-missing = falta
flaw-null = es nulo
flaw-empty = está vacío
flaw-not-a-date = no es una fecha como 2026-10-31
flaw-not-a-number = no se puede leer como número: { $reason }
number-is-none = `{ $text }` no es un número decimal
number-too-precise = `{ $text }` tiene más dígitos de los que se pueden conservar con exactitud
flaw-not-whole = es { $number }, que no es un número entero
flaw-instead-of-text = es { $kind } en lugar de un texto
flaw-instead-of-list = es { $kind } en lugar de una lista
flaw-instead-of-object = es { $kind } en lugar de un objeto
flaw-it-is = es { $kind }
json-null = nulo
json-truth = un valor lógico
json-number = un número
json-text = un texto
json-list = una lista
json-object = un objeto
rows-outside = { $period }: { $path } respondió con filas ajenas al periodo, que no se tienen en cuenta ({ $days }).
rows-twice = { $period }: { $path } respondió dos veces con la misma fila, que se cuenta una sola vez ({ $days }).
days-absent = { $period }: La plataforma no devolvió ninguna fila de { $count ->
    [one] este día, que no está disponible,
   *[other] estos días, que no están disponibles,
} en su lista diaria de { $lists }: { $days }. Los totales son los de la propia plataforma.
daily-cost = costos
daily-requests = peticiones
daily-tokens = tokens
requests-of-agent = { $period }: las peticiones diarias son solo las del agente `{ $agent }`; las demás cifras son de todos los agentes.
answer-flaw = { $period }: en la respuesta de { $path }, `{ $field }` { $flaw }; lo que depende de ello no está disponible.
answer-flaws = { $period }: en la respuesta de { $path }, `{ $field }` { $flaw } (y { $count ->
    [one] otro valor de esta lista no es como se prometió
   *[other] otros { $count } valores de esta lista no son como se prometió
}); lo que depende de ello no está disponible.
figure-flaw = { $period }: { $figure } no está disponible, porque en la respuesta de { $path } `{ $field }` { $flaw }.
rate-doubted = { $period }: { $figure }: { $doubt }.
rate-unit-unknown = la plataforma envió { $sent }, que puede ser un porcentaje o una fracción, y faltan los recuentos que lo aclararían
rate-differs = la plataforma envió { $sent }, pero { $errors } errores en { $requests } peticiones dan { $counted }
rate-without-requests = la plataforma envió { $sent }, pero { $errors } errores en { $requests } peticiones no dan ninguna tasa
nameless-rows = { $period }: { $count ->
    [one] 1 de las filas de { $path } no nombra a nadie y queda
   *[other] { $count } de las filas de { $path } no nombran a nadie y quedan
} fuera de esa clasificación.

## Avisos de las fuentes: Dispersl.

costs-unstated-currency = La plataforma no indica la moneda de sus costos; se toman en { $asked }, que es la que se pidió.
costs-other-currency = Los costos se pidieron en { $asked } y la plataforma respondió en { $answered }; se muestran tal como respondió.
costs-converted = Los importes están en { $currency } a los tipos de cambio de la propia plataforma, cuyas fechas no indica: parte de una variación puede deberse al tipo.
figure-not-available = { $period }: { $figure } no está disponible: { $reasons }.
no-daily-costs = la plataforma no envió ningún costo diario
daily-costs-begin = los costos diarios empiezan el { $first }, sin datos de { $days }
daily-costs-end = los costos diarios llegan solo hasta el { $last }, sin datos de { $days }
tokens-without-cost = se contaron tokens, pero ningún costo ({ $days })
cost-unreadable = hay costos de días que no se pueden leer ({ $days })
dateless-costs = { $rows ->
    [one] 1 fila de costos diarios no indica el día y puede ser la que falta
   *[other] { $rows } filas de costos diarios no indican el día y pueden ser las que faltan
} ({ $days })
daily-costs-elsewhere = los costos diarios no contienen ningún día del periodo
no-cost-rows-unused = { $period }: Hay días sin filas de costo ({ $days }): no hubo uso, por lo que cuentan como días sin costo.
no-cost-rows = { $period }: Hay días sin filas de costo ({ $days }): la plataforma omite los días sin uso, por lo que cuentan como días sin costo.
windows-differ = { $period }: Las ventanas `{ $other }` y `{ $chosen }` de la plataforma tienen costos distintos de los mismos días ({ $days }); el informe muestra los de `{ $chosen }`.
cost-tokens-differ = { $period }: Los costos diarios son de { $counted } tokens y el uso cuenta { $used }; el informe muestra el uso.
no-cost-by-agent = { $period }: El costo por agente y por modelo no está disponible: la plataforma solo lo indica para el conjunto del { $first } al { $last } (ventana `{ $window }`).
costs-rounded = { $period }: Los costos diarios suman { $sum } y el total de la plataforma es { $total }: una diferencia de { $difference }, la que explica el redondeo; el informe muestra la suma de los días.
costs-differ = { $period }: Los costos diarios suman { $sum } y el total de la plataforma es { $total }: una diferencia de { $difference }, más de lo que explica el redondeo; el informe muestra la suma de los días, y ningún costo por agente ni modelo.
path-rows-twice = { $path } respondió dos veces con la misma fila, que se cuenta una sola vez ({ $days }).
not-retained = { $period }: No conservado. El nivel `{ $tier }` solo guarda días completos desde el { $since }, por lo que no hay ningún total de este periodo, responda lo que responda la plataforma.
tasks-more = { $period }: Las tareas completadas ({ $completed }) y fallidas ({ $failed }) son más que las que la plataforma cuenta en total ({ $tasks }); el informe muestra las tres cifras tal como se enviaron.
duration-in-words = { $period }: { $figure } no está disponible como número: la plataforma lo expresa como `{ $words }`.
no-usage-rows-unused = { $period }: Hay días sin filas de uso ({ $days }): no hubo uso, ya que los demás días suman los totales.
no-usage-rows = { $period }: Hay días sin filas de uso ({ $days }): lo que se usó esos días no está disponible. Los totales del periodo son los de la propia plataforma, y no la suma de sus días.
no-usage-rows-to-sum = { $period }: Hay días sin filas de uso ({ $days }): lo que se usó esos días no está disponible, y tampoco los totales del periodo, que serían la suma de sus días.
value-flaw = { $about }: En la respuesta de { $path }, `{ $field }` { $flaw }; lo que depende de ello no está disponible.
value-flaws = { $about }: En la respuesta de { $path }, `{ $field }` { $flaw } (y { $count ->
    [one] otro valor de esta respuesta no es como se prometió
   *[other] otros { $count } valores de esta respuesta no son como se prometió
}); lo que depende de ello no está disponible.
period-of-window = { $period } (ventana `{ $window }` de la plataforma)
tier-not-configured = La plataforma conserva los datos durante 30, 90 o 365 días según el nivel de la cuenta, que no se ha configurado (`tier`); puede que ya no conserve los días anteriores al { $since }.
tier-nothing-answered = No indicó ningún uso de los siguientes periodos, quizá porque se trata de esos días: { $periods }.
window-of-other-days = { $period }: La plataforma respondió con otra ventana ({ $window }) en lugar de la solicitada ({ $days }): { $known }; el resultado de las tareas, los pasos, las duraciones, los agentes y los modelos del periodo no están disponibles.
window-of-sums = los tokens, las tareas y las peticiones son la suma de sus días
window-elsewhere = tampoco sus días cubren el periodo
window-unsaid = que no identifica
window-end-unsaid = un límite que no indica
window-from-to = de { $first } a { $last }
parts-and-total = { $period }: { $figure } por { $dimension } suma { $sum }, { $difference } { $which ->
    [less] menos
   *[more] más
} que el total; { $outcome }.
parts-left-out = se omite en el desglose
parts-unattributed = la diferencia se muestra como { $name }
window-unreadable = { $path } no indica nada que se pueda leer; el resultado de las tareas no está disponible.
window-told = En la ventana `{ $window }` de la propia plataforma, cuyos días no indica: { $measures }.
window-untold = En esa misma ventana no indica: { $measures }.
window-by-agent = En esa misma ventana, por agente: { $agents }.
measure-completion_rate = Tasa de tareas completadas
measure-token_efficiency = Eficiencia de tokens
measure-is = { $measure }: { $value }
measure-was = { $measure }: { $value }, antes { $base }
measure-changed = { $measure }: { $value }, antes { $base }, una variación de { $change }
measure-percent = { $value }{ "\u00A0" }%
measure-points = { $value } puntos
measure-as-given = { $value } { $unit } (valor y unidad tal como los indica la plataforma)
measure-doubted = { $measure }: { $doubt }.
trend-contradicted = la tendencia que indica la plataforma es «{ $trend }», y la de sus propias cifras, «{ $direction }» ({ $value } después de { $base })
trend-by = { $trend } ({ $change })
agent-told = `{ $name }`: { $told }
agent-success = { $rate } de las tareas
agent-efficiency = eficiencia { $value }
and-more = y { $count } más

## Avisos de las fuentes: almyty.

rows-conversations = conversaciones
rows-requests = peticiones
rows-tools = ejecuciones de herramientas
rows-audit = eventos de auditoría
names-untold = La plataforma no nos da los nombres de sus { $members }; se muestran por sus identificadores.
costs-shortened = La suma de todos los costos tiene más dígitos de los que se pueden conservar; cada costo se redondea a { $decimals } decimales antes de sumarlo.
cost-is-estimate = El costo es la estimación de la propia plataforma según sus precios por token; de las conversaciones que usan herramientas puede conocer solo una parte.
requests-unlisted = { $period }: la plataforma no enumera sus peticiones; el informe cuenta las que pasaron por una pasarela. Detalle técnico (en inglés): «{ $reason }».
requests-further = { $period }: { $count ->
    [one] 1 petición no pasó por una pasarela. Se cuenta y no pertenece
   *[other] { $count } peticiones no pasaron por una pasarela. Se cuentan y no pertenecen
} a nadie; el tiempo promedio por petición y los usuarios activos son los de las demás.
requests-fewer = { $period }: la plataforma cuenta { $count ->
    [one] 1 petición menos
   *[other] { $count } peticiones menos
} de las que exporta; el informe cuenta las exportadas.
pages-short = { $period }: el recuento de { $rows } de la plataforma es { $total }, pero sus páginas solo dieron { $held }, también al leerlas de nuevo; lo que se calcula a partir de esas filas no está disponible.
audit-not-compared = { $period }: el registro de auditoría solo se indica para el periodo del informe; sus eventos no se comparan.
audit-not-available = { $period }: el registro de auditoría no está disponible: la plataforma no respondió como se esperaba. Detalle técnico (en inglés): «{ $reason }».
rows-unreadable = { $period }: número de { $rows } sin un `{ $field }` legible: { $count }; lo que se calcula con ello no está disponible, ya que lo desconocido no es cero.
conversations-rounded = { $period }: el costo de { $count ->
    [one] 1 conversación tiene más dígitos de los que se pueden conservar y se redondea
   *[other] { $count } conversaciones tiene más dígitos de los que se pueden conservar; cada uno se redondea
} a { $decimals } decimales de dólar.
too-many-callers = { $period }: hubo más de { $count } usuarios distintos, más de los que se pueden distinguir; su número no está disponible.
rows-elsewhere = { $period }: la plataforma respondió con { $rows } de fuera del periodo ({ $count }); no se tienen en cuenta.
documented-only = Este servidor solo tiene la interfaz documentada de almyty: siete indicadores, tal como se envían. Los días y los desgloses no están disponibles.
documented-flaw = { $period }: en la respuesta de /usage-metrics, `{ $field }` { $flaw }; no está disponible.
rates-of-unknown-unit = { $period }: no se puede saber si las tasas que respondió la plataforma son porcentajes o fracciones; no están disponibles.
invoices-not-available = { $period }: lo facturado por los proveedores no está disponible: la plataforma no respondió como se esperaba. Detalle técnico (en inglés): «{ $reason }».
invoices-overlap = { $period }: lo facturado por los proveedores no se indica: el periodo empieza dentro de otro de este informe, y una factura no tiene un día propio.
no-invoice-of = { $period }: no se conoce ninguna factura de { $providers }.

## El correo, cuando los archivos son demasiado grandes.

mail-unattached = Los archivos de este informe no van adjuntos: juntos ocupan { $size }, más de lo que admite un correo.
mail-places = Se encuentran aquí:

## El chat.

chat-notices = A tener en cuenta
chat-places = Informe completo
chat-see = véase el informe completo
chat-too-long = Esta parte es demasiado larga para un mensaje de chat; consulte el informe completo.
chat-more = … y { $count } más en el informe completo

## Presupuestos y días inusuales.

metric-budget = Presupuesto
metric-budget_utilisation = Presupuesto consumido
metric-budget_remaining = Presupuesto disponible
metric-budget_variance = Desviación presupuestaria
metric-budget_exchange = Desviación por tipos de cambio
metric-budget_pace = Ritmo de gasto
metric-budget_run_out = Día en que se agota
metric-forecast_cost = Proyección
metric-forecast_low = Proyección, mínimo
metric-forecast_high = Proyección, máximo
metric-forecast_error = Error de las proyecciones
metric-forecast_bias = Sesgo de las proyecciones
metric-anomaly_cost = Costo de un día inusual
metric-level_cost = Costo de los días de un nuevo nivel
metric-anomaly_score = Puntuación (z modificada)
metric-anomaly_contribution = Contribución a un día inusual
meaning-budget = Lo que se puede gastar en todo el mes, trimestre o año
meaning-budget_utilisation = Gastado / presupuesto × 100
meaning-budget_remaining = Presupuesto − gastado
meaning-budget_variance = Gastado − presupuesto
meaning-budget_exchange = Parte de la desviación que se debe a tipos de cambio distintos del tipo fijo del presupuesto
meaning-budget_pace = Parte del presupuesto gastada / parte del tiempo transcurrida; 1 es lo planificado
meaning-budget_run_out = Día del periodo, contado desde 1, en que el presupuesto se agotó o se agotará
meaning-forecast_cost = Lo gastado hasta ahora y, por cada día que falta, lo que suele costar ese día de la semana (mediana de ocho semanas), al nivel de los días transcurridos
meaning-forecast_low = Proyección − { $times } × desviación típica de un día × √(días que faltan), nunca por debajo de lo gastado
meaning-forecast_high = Proyección + { $times } × desviación típica de un día × √(días que faltan)
meaning-forecast_error = En proyecciones hechas el día 10 (en trimestres y años, tras un tercio de los días) de cada intervalo de igual duración ya terminado: suma de los errores sin signo / suma de los costos reales × 100
meaning-forecast_bias = Lo mismo con signo: por encima de cero, las proyecciones fueron demasiado altas
meaning-anomaly_cost = Costo de un día que cuesta mucho más o mucho menos de lo habitual; a su lado, la mediana de los mismos días de la semana anteriores, o de todos los días
meaning-level_cost = Costo de los días conocidos de un nuevo nivel, sumados; a su lado, lo que costaban antes los mismos días de la semana (medianas de ocho semanas)
meaning-anomaly_score = A cuántas veces la dispersión habitual está un día de lo habitual: { $factor } × diferencia / desviación absoluta mediana
meaning-anomaly_contribution = Cuánto se aparta un elemento de lo que es habitual en él en un día inusual

dimension-budget = presupuesto
section-budgets = Presupuestos
budget-spent = Gastado
budget-used = Usado
budget-variance = Desviación
budget-forecast-once = { $amount } no son uso y cuentan una sola vez
budget-forecast-range = proyección { $low }–{ $high }
budget-chart-note = en % de cada uno; oscuro, lo gastado; claro, lo proyectado, con su intervalo
budget-used-up = Se agota
budget-used-up-on = Se agota el
budget-state = Estado
budget-of = De
budget-all-costs = Todos los costos
budget-forecast-by = Método de proyección
budget-by-weekdays = días de la semana de ocho semanas
budget-by-mean = promedio de sus días
budget-to-come = Por gastar (proyectado)
budget-ok = correcto
budget-watch = vigilar
budget-over = excederá
budget-exceeded = excedido
budget-none = sin presupuesto
budget-exchange-part = { $amount } de la desviación por tipos de cambio
budget-forecast-mean = según el promedio de sus días
budget-forecast-error = el día { $day }, tales proyecciones se habrían desviado un { $percent } (sesgo { $bias })
budget-forecast-untried = error de proyecciones anteriores no disponible
budget-elapsed = { $days } de { $of } días
budget-band = intervalo de cuatro casos de cada cinco
budget-stands = { the-period } acumula un gasto de { $value }
budget-stands-of = { $name } acumula { in-period } un gasto de { $value }
budget-ended = { the-period } cerró con un gasto de { $value }
budget-ended-of = { $name } cerró { the-period } con un gasto de { $value }
budget-heads-for = A este ritmo, { the-period } cerrará con un gasto de { $value }
budget-heads-for-of = A este ritmo, { $name } cerrará { the-period } con un gasto de { $value }
budget-beyond = , un { $percent } por encima del presupuesto de { $amount }
budget-beyond-by = , { $over } por encima del presupuesto de { $amount }
budget-within = , el { $percent } del presupuesto de { $amount }
budget-is-used-up = ; el presupuesto se agotará el { $day }
budget-was-used-up = ; el presupuesto se agotó el { $day }
budget-will-end = ; a este ritmo, el gasto al cierre será de { $value }
budget-unbudgeted = { the-period } acumula un gasto de { $value }, aunque su presupuesto es 0.
budget-unbudgeted-of = { $name } acumula { in-period } un gasto de { $value }, aunque su presupuesto es 0.
budgets-stand = { $count ->
    [one] 1 presupuesto
   *[other] { $count } presupuestos
}: { $states }.
budgets-unknown = { $count ->
    [one] 1 presupuesto, del que no se sabe nada.
   *[other] { $count } presupuestos, de los que no se sabe nada.
}
budgets-exceeded = { $count ->
    [one] 1 excedido
   *[other] { $count } excedidos
}
budgets-over = { $count ->
    [one] 1 se excederá a este ritmo
   *[other] { $count } se excederán a este ritmo
}
budgets-watch = { $count } por vigilar
budgets-ok = { $count ->
    [one] 1 correcto
   *[other] { $count } correctos
}
budgets-not-added = Los presupuestos no se comparan, ya que los costos de las fuentes no se suman.
budgets-no-period = Los presupuestos se comparan con un mes, trimestre o año completo, o con sus primeros días; { the-period } no es ninguno de los suyos.
budget-other-currency = Presupuesto { $name }: está en { $currency }, y los costos están en { $other } y no se han convertido, por lo que no se comparan.
budget-not-split = Presupuesto { $name }: no se conoce el costo por { $dimension }.
budget-nobody = Presupuesto { $name }: no consta nada de { $dimension } { $member }; si debiera tener costos, compare el nombre con las tablas del informe.
forecast-too-early = Aún no hay proyección: necesita { $days } días completos.
forecast-gaps = Sin proyección: no se conoce el costo de { $gaps ->
    [one] uno
   *[other] { $gaps }
} de los { $days } días transcurridos, y no se supone ninguno.
forecast-quiet = Aún no hay proyección: muy pocos de los días transcurridos muestran lo que cuesta el uso.
forecast-unsettled = Sin proyección: los últimos días aún pueden cambiar, y la fuente no indica los demás uno por uno.
forecast-too-large = Sin proyección: los costos son demasiado grandes para proyectarlos con exactitud.

section-anomalies = Días inusuales
unusual-usual = Habitual
unusual-by-weekday = frente a la mediana de los mismos días de la semana anteriores
unusual-by-day = frente a la mediana de los días anteriores
unusual-since = Desde el { $day }
unusual-from = Desde
unusual-to = Hasta
unusual-goes-on = continúa
unusual-what = Concepto
unusual-dimension = Dimensión
unusual-difference = Diferencia
unusual-difference-percent = Diferencia %
unusual-score = Puntuación
unusual-why = Motivo
unusual-level = nuevo nivel, { $days } en total
unusual-event = evento conocido: { $label }
unusual-doubtful = aún pueden faltar datos
unusual-missing = ¿faltan datos?
unusual-day-more = El { $day } costó { $value }, { $excess } más que un { $usual } habitual
unusual-day-less = El { $day } costó { $value }, { $excess } menos que un { $usual } habitual
unusual-day-more-of = { $name } costó { $value } el { $day }, { $excess } más que un { $usual } habitual
unusual-day-less-of = { $name } costó { $value } el { $day }, { $excess } menos que un { $usual } habitual
unusual-days = { $count ->
    [one] 1 día
   *[other] { $count } días
}
unusual-level-since = Desde el { $from }, { $days } costaron { $value }
unusual-level-since-of = Desde el { $from }, { $name } costó { $value } en { $days }
unusual-level-until = Del { $from } al { $to }, { $days } costaron { $value }
unusual-level-until-of = Del { $from } al { $to }, { $name } costó { $value } en { $days }
unusual-level-more = , { $excess } más que los mismos días de la semana anteriores
unusual-level-less = , { $excess } menos que los mismos días de la semana anteriores
unusual-level-more-unknown = , más que antes; no se sabe cuánto, ya que se conocen muy pocos de los mismos días de la semana
unusual-level-less-unknown = , menos que antes; no se sabe cuánto, ya que se conocen muy pocos de los mismos días de la semana
unusual-explains = ; { $name } explica el { $share } de la diferencia
unusual-explains-all = ; { $name } explica toda la diferencia
unusual-reasons = { " " }({ $reasons })
unusual-no-days = La fuente no indica el costo por día, por lo que no se pueden encontrar días inusuales.
unusual-no-look-back = No se pueden encontrar días inusuales, ya que no se conocen los días anteriores al periodo.
unusual-unjudged = No se ha comprobado si { $count ->
    [one] 1 día del periodo es inusual
   *[other] { $count } días del periodo son inusuales
}, ya que se conocen menos de { $least } días anteriores.
unusual-nothing = { $count ->
    [one] El único día examinado no se aparta de lo habitual.
   *[other] Ninguno de los { $count } días examinados se aparta de lo habitual.
}
unusual-suppressed = { $count ->
    [one] No se muestra 1 día inusual de eventos conocidos
   *[other] No se muestran { $count } días inusuales de eventos conocidos
}: { $events }.
unusual-cut-off = No se muestra lo que difiere menos, de { $count ->
    [one] 1 día
   *[other] { $count } días
}.
unusual-too-large = No se ha comprobado si { $count ->
    [one] 1 día es inusual
   *[other] { $count } días son inusuales
}, ya que los importes son demasiado grandes para compararlos con exactitud.

## Conciliación: las partes junto a su total, el uso frente a una factura.

metric-parts_cost = Costo de las partes
metric-parts_requests = Peticiones de las partes
metric-parts_tokens = Tokens de las partes
metric-unattributed_cost = Costo sin atribuir
metric-unattributed_requests = Peticiones sin atribuir
metric-unattributed_tokens = Tokens sin atribuir
metric-usage_cost = Uso
metric-usage_corrections = Correcciones del uso
metric-known_gap = Diferencia conocida
metric-unexplained_cost = Sin explicar
metric-unexplained_share = Porcentaje sin explicar
metric-unexplained_tolerance = Tolerancia
metric-bill_cost = Factura
meaning-parts_cost = Suma del costo de todos los elementos de un desglose, o de todos los días
meaning-parts_requests = Suma de las peticiones de todos los elementos de un desglose, o de todos los días
meaning-parts_tokens = Suma de los tokens de todos los elementos de un desglose, de todos los días, o de entrada y salida
meaning-unattributed_cost = Costo que un desglose no atribuye a ningún elemento
meaning-unattributed_requests = Peticiones que un desglose no atribuye a ningún elemento
meaning-unattributed_tokens = Tokens que un desglose no atribuye a ningún elemento
meaning-usage_cost = Costo total del periodo según la fuente de uso
meaning-usage_corrections = Importe facturado de las correcciones que no son créditos, impuestos ni ajustes
meaning-known_gap = Importe de la factura que se sabe que el uso no incluye, según la configuración
meaning-unexplained_cost = Factura menos uso, créditos, impuestos, ajustes, correcciones del uso y diferencias conocidas
meaning-unexplained_share = Sin explicar / factura × 100; n/d si la factura no es mayor que cero
meaning-unexplained_tolerance = El mayor porcentaje sin explicar que se acepta, según la configuración
meaning-bill_cost = Costo total del periodo según la factura
section-ties = Conciliación
section-bill = Uso frente a factura
section-bill-by = Uso frente a factura por { $dimension }
tie-by = { $figure } por { $dimension }
tie-by-days = { $figure } por día, { $count } sin datos
tie-tokens = Tokens: entrada y salida
tie-nobody = { $label }: (sin atribuir)
tie-total-of = Total de
tie-parts = Partes
tie-difference = Diferencia
tie-unattributed = Sin atribuir
tie-state = Estado
tie-exact = cuadra
tie-noise = cuadra, salvo ruido binario
tie-apart = no cuadra
parts-apart = { $label }: las partes suman { $parts } y el total de la fuente es { $total }, una diferencia de { $difference }; el informe muestra ambas cifras tal como se enviaron ({ $period }).
bill-usage-of = Uso ({ $source })
bill-of = Factura ({ $source })
bill-known = Conocido: { $reason }
bill-amount = Importe
bill-remark = Observación
bill-less-usage = Factura − uso
bill-of-usage = Sobre el uso
bill-within-by = { $share } sin explicar, dentro de la tolerancia del { $tolerance }
bill-outside-by = { $share } sin explicar, fuera de la tolerancia del { $tolerance }
bill-within = dentro de la tolerancia
bill-not-within = fuera de la tolerancia
bill-side-absent = El uso no se concilia con la factura: no hay nada de { $source } en el informe.
bill-side-unknown = El uso no se concilia con la factura: no se conoce el costo total que debería indicar { $source }.
bill-currencies = El uso no se concilia con la factura: { $usage } está en { $of-usage } y { $bill } en { $of-bill }, y no se ha indicado un tipo de cambio entre ambas monedas.
bill-split-untold = El uso no se concilia con la factura por { $dimension }: { $usage } no indica el costo por { $dimension } o { $bill } no lo indica por { $billed }.
bill-not-apart = La factura no separa { $figures }; su importe forma parte de lo que queda sin explicar.
bill-holds = { $bill } recoge { $amount } que { $usage } no explica
bill-lacks = { $usage } indica { $amount } que { $bill } no recoge
bill-beyond = un { $share } de la factura; la tolerancia es del { $tolerance }
bill-outside = Uso frente a factura: queda sin explicar { $share }, más que la tolerancia del { $tolerance }. Las causas habituales son créditos, tramos de precios, cargos mínimos, datos tardíos e impuestos.
bill-share = el { $percent } de la factura
bill-part = una parte de la factura
bill-tolerance-of-usage = { $percent } del uso, ya que la factura no es mayor que cero
bill-days = Con los créditos y los impuestos en sus días, las mayores diferencias están en estos días: { $days }.
bill-day = { $day } (factura: { $amount } { $side ->
    [less] menos
   *[more] más
})

## Reexpresión: qué cambia una revisión respecto a la versión anterior.

section-restatement = Cambios desde la revisión { $revision }
restates = La revisión { $revision } reexpresa las cifras { of-period }
restates-beside = La revisión { $revision } tiene las mismas cifras que la revisión { $before }; han cambiado aquellas con las que se comparan.
restates-nothing = La revisión { $revision } tiene las mismas cifras que la revisión { $before }.
restates-below = los totales son los mismos, pero cambian cifras de su detalle.
figure-of-source = { $figure } de { $source }
restated-instead = { $figure }, { $new } en lugar de { $old } ({ $change })
restated-instead-only = { $figure }, { $new } en lugar de { $old }
restated-known-now = { $figure }, antes sin dato, ahora { $new }
restated-unknown-now = { $figure }, ahora sin dato, antes { $old }
restated-unknown = { $figure }, sin dato
restated-total-new = { $figure }, cifra nueva, { $new }
restated-total-gone = { $figure }, antes { $old }, ya no figura
restated-total-gone-unknown = { $figure }, antes sin dato, ya no figura
version-before = la revisión { $revision } del { $instant }, la última versión entregada
version-not-final = la revisión { $revision } del { $instant }, la última versión entregada, que no era definitiva
restated-lines = En comparación con { $version }: { $lines }. Los archivos contienen todas las líneas.
restated-beside = En comparación con { $version }: todas las cifras son las mismas, pero no aquellas con las que se comparan.
restated-nothing = En comparación con { $version }: todas las cifras son las mismas.
restated-facts = Las proyecciones, los promedios móviles, los efectos y los días inusuales se deducen de las cifras y del calendario, y no se comparan.
restates-nobody = No consta que ninguna revisión anterior de este informe haya llegado a sus lectores, por lo que no hay nada con que compararla.
restated-untold = No se puede saber qué ha cambiado desde { $version }: sus cifras no se conservan.
restated-differ = { $count ->
    [one] 1 cifra es distinta
   *[other] { $count } cifras son distintas
}
restated-new = { $count ->
    [one] 1 cifra es nueva
   *[other] { $count } cifras son nuevas
}
restated-more-new = { $count ->
    [one] 1 es nueva
   *[other] { $count } son nuevas
}
restated-gone = { $count ->
    [one] 1 cifra ya no figura
   *[other] { $count } cifras ya no figuran
}
restated-more-gone = { $count ->
    [one] 1 ya no figura
   *[other] { $count } ya no figuran
}
restated-shown = se muestran { $shown } de { $all }; los archivos las contienen todas

## Reglas: por qué se envía un informe.

rule-holds = Una regla de este informe ha pasado a cumplirse: { $found }.
rule-unjudged = Una regla de este informe no se puede evaluar: { $found }.
rule-value = { $figure }, { $value }, { $side ->
    [above] por encima de
    [not_above] no por encima de
    [below] por debajo de
   *[not_below] no por debajo de
} { $limit }
rule-value-unknown = no se conoce el valor de { $figure }, por lo que no se puede saber si está por { $side ->
    [above] encima
   *[below] debajo
} de { $limit }
rule-change = { $figure }, variación del { $change } { against-period }, { $side ->
    [above] por encima del
    [not_above] no por encima del
    [below] por debajo del
   *[not_below] no por debajo del
} { $limit }
rule-change-unknown = no se conoce la variación porcentual de { $figure } { against-period }, por lo que no se puede saber si está por { $side ->
    [above] encima
   *[below] debajo
} del { $limit }
another-period = otro periodo

## Avisos de las fuentes: almyty, unidades del costo y lo que se conserva.

invoices-of-another-unit = { $period }: los proveedores han facturado { $amount }, aproximadamente { $advice }
invoices-beside-conversations = { $period }: los proveedores han facturado { $invoiced }, { $difference } { $which ->
    [less] menos
   *[more] más
} que los { $ours } en los que la plataforma valora las conversaciones con ellos.
estimate-of-platform = La estimación de la propia plataforma es de { $amount }.
week-of-another-unit = En los siete días anteriores a la consulta de los datos, las ejecuciones de agentes costaron { $amount }, aproximadamente { $advice }
month-of-another-unit = { $period }: las ejecuciones de agentes han costado { $amount } desde el primer día del mes, aproximadamente { $advice }
cost-of-another-unit = { $how-much ->
    [hundredth] la centésima parte de
   *[hundredfold] cien veces
} los { $ours } de las conversaciones: puede que su costo esté en otra unidad que la supuesta; { $remedy }.
set-dollars = indique `conversation_cost = "dollars"` si la plataforma lo expresa en dólares
set-cents = indique `conversation_cost = "cents"` si la plataforma lo expresa en centavos
ask-for-unit = pregunte al operador de la plataforma en qué unidad indican su costo las conversaciones
unit-not-checked = No se ha comprobado con todo lo que indica la plataforma si el costo de las conversaciones está en la unidad correcta, ya que no respondió a { $answers }.
answer-lacking = { $path } (detalle técnico, en inglés: «{ $reason }»)
requests-of-none = no tiene ninguna de { $days }
requests-of-some = quizá no tenga todas las de { $days }
requests-not-retained = { $period }: las peticiones no se conservan: la plataforma las guarda durante { $count } días y { $which }. No están disponibles, lo que no equivale a cero. Si las guarda más tiempo, indique `retention_days`.
