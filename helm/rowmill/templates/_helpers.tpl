{{- define "rowmill.fullname" -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride | trunc 40 | trimSuffix "-" -}}
{{- else -}}
{{- $name := default .Chart.Name .Values.nameOverride -}}
{{- if contains $name .Release.Name -}}{{- .Release.Name | trunc 40 | trimSuffix "-" -}}
{{- else -}}{{- printf "%s-%s" .Release.Name $name | trunc 40 | trimSuffix "-" -}}{{- end -}}
{{- end -}}
{{- end -}}

{{- define "rowmill.image" -}}
{{- if .Values.image.digest -}}
{{ .Values.image.repository }}@{{ .Values.image.digest }}
{{- else -}}
{{ .Values.image.repository }}:{{ default .Chart.AppVersion .Values.image.tag }}
{{- end -}}
{{- end -}}

{{- define "rowmill.configName" -}}
{{ default (printf "%s-config" (include "rowmill.fullname" .)) .Values.configName }}
{{- end -}}

{{/* Never changed: a selector cannot be. Takes [root, component]. */}}
{{- define "rowmill.selector" -}}
app.kubernetes.io/name: rowmill
app.kubernetes.io/instance: {{ (index . 0).Release.Name }}
app.kubernetes.io/component: {{ index . 1 }}
{{- end -}}

{{- define "rowmill.labels" -}}
{{ include "rowmill.selector" . }}
app.kubernetes.io/part-of: rowmill
app.kubernetes.io/version: {{ (index . 0).Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ (index . 0).Release.Service }}
helm.sh/chart: {{ (index . 0).Chart.Name }}-{{ (index . 0).Chart.Version | replace "+" "_" }}
{{- end -}}

{{/* "Restricted", for the image's own user. */}}
{{- define "rowmill.podSecurity" -}}
runAsNonRoot: true
runAsUser: {{ . }}
runAsGroup: {{ . }}
fsGroup: {{ . }}
fsGroupChangePolicy: OnRootMismatch
seccompProfile: {type: RuntimeDefault}
{{- end -}}

{{- define "rowmill.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: {{ . }}
capabilities: {drop: [ALL]}
{{- end -}}

{{/* A URL with a password, from wherever it is: [root, variable, section, key in the generated secret, whether the release makes it]. */}}
{{- define "rowmill.secretUrl" -}}
{{- $root := index . 0 -}}{{- $section := index . 2 -}}
- name: {{ index . 1 }}
{{- if $section.existingSecret }}
  valueFrom: {secretKeyRef: {name: {{ $section.existingSecret }}, key: {{ $section.existingSecretKey }}}}
{{- else }}
  valueFrom: {secretKeyRef: {name: {{ include "rowmill.fullname" $root }}, key: {{ index . 3 }}}}
{{- end }}
{{- end -}}

{{- define "rowmill.postgresEnv" -}}
{{- if .Values.operators.cloudnativepg.enabled }}
- name: ROWMILL_POSTGRES_URL
  valueFrom: {secretKeyRef: {name: {{ include "rowmill.fullname" . }}-postgres-app, key: uri}}
{{- else }}
{{ include "rowmill.secretUrl" (list . "ROWMILL_POSTGRES_URL" .Values.postgres "postgres-url") }}
{{- end }}
{{- end -}}

{{/* What every process of Rowmill is told beside the ConfigMap. */}}
{{- define "rowmill.env" -}}
{{ include "rowmill.postgresEnv" . | trim }}
{{- if .Values.postgres.poolerSecret }}
- name: ROWMILL_POSTGRES_POOLER_URL
  valueFrom: {secretKeyRef: {name: {{ .Values.postgres.poolerSecret }}, key: {{ .Values.postgres.poolerSecretKey }}}}
{{- end }}
{{ include "rowmill.secretUrl" (list . "ROWMILL_FILES_URL" .Values.files "files-url") }}
{{- if .Values.operators.eck.enabled }}
- name: ELASTIC_PASSWORD
  valueFrom: {secretKeyRef: {name: {{ include "rowmill.fullname" . }}-search-es-elastic-user, key: elastic}}
- name: ROWMILL_SEARCH_URL
  value: http://elastic:$(ELASTIC_PASSWORD)@{{ include "rowmill.fullname" . }}-search-es-http:9200
{{- else }}
{{ include "rowmill.secretUrl" (list . "ROWMILL_SEARCH_URL" .Values.search "search-url") }}
{{- end }}
- name: ROWMILL_SECRET
  valueFrom: {secretKeyRef: {name: {{ default (include "rowmill.fullname" .) .Values.existingSecret }}, key: secret}}
{{- end -}}

{{/* The keys that are known beforehand. */}}
{{- define "rowmill.keysEnv" -}}
{{- if or .Values.keys.generate .Values.keys.existingSecret -}}
- name: ROWMILL_FIRST_KEY
  valueFrom: {secretKeyRef: {name: {{ include "rowmill.keysSecret" . }}, key: admin-key}}
- name: ROWMILL_METRICS_KEY
  valueFrom: {secretKeyRef: {name: {{ include "rowmill.keysSecret" . }}, key: metrics-key, optional: true}}
{{- else -}}
- name: ROWMILL_FIRST_KEY
  value: none
{{- end }}
{{- end -}}

{{- define "rowmill.keysSecret" -}}
{{ default (include "rowmill.fullname" .) .Values.keys.existingSecret }}
{{- end -}}

{{/* A key in the shape that Rowmill's have, generated once. [root, key in the secret] */}}
{{- define "rowmill.keptKey" -}}
{{- $body := randAlphaNum 40 -}}
{{ include "rowmill.kept" (list (index . 0) (index . 1) "" (printf "rwm_%s%s" $body (sha256sum $body | trunc 6))) }}
{{- end -}}

{{- define "rowmill.eventsUrl" -}}
{{- if .Values.servers.kafka.enabled -}}kafka://{{ include "rowmill.fullname" . }}-kafka:9092
{{- else if .Values.operators.strimzi.enabled -}}kafka://{{ include "rowmill.fullname" . }}-events-kafka-bootstrap:9092
{{- else -}}{{ required "events.url is missing: kafka://host:9092, or postgres: for an event log in PostgreSQL" .Values.events.url }}
{{- end -}}
{{- end -}}

{{/* A password that is generated once: what the secret of the release before has, stays. [root, key, value given, what is made else] */}}
{{- define "rowmill.kept" -}}
{{- $root := index . 0 -}}
{{- $before := lookup "v1" "Secret" $root.Release.Namespace (include "rowmill.fullname" $root) -}}
{{- if index . 2 -}}{{ index . 2 }}
{{- else if and $before $before.data (hasKey $before.data (index . 1)) -}}{{ index $before.data (index . 1) | b64dec }}
{{- else if gt (len .) 3 -}}{{ index . 3 }}
{{- else -}}{{ randAlphaNum 32 }}
{{- end -}}
{{- end -}}

{{/* What the policies let through to a server: [root, component of a server inside, whether it is, external section, port inside]. */}}
{{- define "rowmill.egressTo" -}}
{{- $root := index . 0 -}}{{- $external := index . 3 -}}
{{- if index . 2 }}
- to: [{podSelector: {matchLabels: {app.kubernetes.io/instance: {{ $root.Release.Name }}, app.kubernetes.io/component: {{ index . 1 }}}}}]
  ports: [{port: {{ index . 4 }}, protocol: TCP}]
{{- else }}
- {{ if $external.to }}to: {{ toJson $external.to }}
  {{ end }}ports: [{{ range $i, $port := $external.ports }}{{ if $i }}, {{ end }}{port: {{ $port }}, protocol: TCP}{{ end }}]
{{- end }}
{{- end -}}

{{/* The service of a server inside: [root, name, component, port's name, port]. Headless, so that a server can reach itself before it is ready. */}}
{{- define "rowmill.headless" -}}
apiVersion: v1
kind: Service
metadata:
  name: {{ index . 1 }}
  labels: {{- include "rowmill.labels" (list (index . 0) (index . 2)) | nindent 4 }}
spec:
  type: ClusterIP
  clusterIP: None
  {{- if eq (index . 2) "kafka" }}
  publishNotReadyAddresses: true
  {{- end }}
  selector: {{- include "rowmill.selector" (list (index . 0) (index . 2)) | nindent 4 }}
  ports:
    - {name: {{ index . 3 }}, port: {{ index . 4 }}, targetPort: {{ index . 3 }}, protocol: TCP}
{{- end -}}

{{/* The selector on one line. */}}
{{- define "rowmill.selectorLine" -}}
{{ include "rowmill.selector" . | fromYaml | toJson }}
{{- end -}}
