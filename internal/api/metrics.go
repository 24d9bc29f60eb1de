package api

import (
	"net/http"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// metrics counts requests by route and class of answer. Its labels come from our own tables, never from a request.
type metrics struct {
	registry *prometheus.Registry
	requests *prometheus.CounterVec
	seconds  *prometheus.HistogramVec
}

// Count is one number that somebody else keeps and we publish.
type Count struct {
	Name, Help string
	Label      string // the name of its one label; empty: none
	Gauge      bool   // it goes up and down
	Each       func(yield func(label string, value int64))
}

func newMetrics(counts []Count) *metrics {
	m := &metrics{
		registry: prometheus.NewRegistry(),
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "patchbay_http_requests_total", Help: "Answered requests by route and class of status.",
		}, []string{"route", "class"}),
		seconds: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "patchbay_http_request_seconds", Help: "Time to answer by route.",
			Buckets: []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 10},
		}, []string{"route"}),
	}
	m.registry.MustRegister(m.requests, m.seconds, collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	for _, c := range counts {
		m.registry.MustRegister(newCounted(c))
	}
	return m
}

func (m *metrics) handler() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{})
}

// routeMetrics is one route's counters, resolved once so that a request pays for no look-up.
type routeMetrics struct {
	classes [6]prometheus.Counter
	seconds prometheus.Observer
}

func (m *metrics) route(name string) *routeMetrics {
	rm := &routeMetrics{seconds: m.seconds.WithLabelValues(name)}
	for class := 2; class < len(rm.classes); class++ {
		rm.classes[class] = m.requests.WithLabelValues(name, strconv.Itoa(class)+"xx")
	}
	return rm
}

func (rm *routeMetrics) observe(status int, d time.Duration) {
	if status == 0 {
		status = http.StatusOK // the handler wrote nothing: net/http will
	}
	if c := status / 100; c < len(rm.classes) && rm.classes[c] != nil {
		rm.classes[c].Inc()
	}
	rm.seconds.Observe(d.Seconds())
}

// counted reads a Count whenever somebody scrapes.
type counted struct {
	c    Count
	desc *prometheus.Desc
}

func newCounted(c Count) *counted {
	var labels []string
	if c.Label != "" {
		labels = []string{c.Label}
	}
	return &counted{c: c, desc: prometheus.NewDesc(c.Name, c.Help, labels, nil)}
}

func (c *counted) Describe(out chan<- *prometheus.Desc) { out <- c.desc }

func (c *counted) Collect(out chan<- prometheus.Metric) {
	kind := prometheus.CounterValue
	if c.c.Gauge {
		kind = prometheus.GaugeValue
	}
	c.c.Each(func(label string, value int64) {
		var labels []string
		if c.c.Label != "" {
			labels = []string{label}
		}
		out <- prometheus.MustNewConstMetric(c.desc, kind, float64(value), labels...)
	})
}
