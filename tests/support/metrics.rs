//! A metrics recorder for tests.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
};

use metrics::{
    Counter, CounterFn, Gauge, GaugeFn, Histogram, HistogramFn, Key as MetricKey, KeyName, Metadata, Recorder,
    SharedString, Unit,
};

/// Counters and gauges by name and labels; for a histogram, the number of recorded values.
#[derive(Clone, Default)]
pub struct Metrics(Arc<Mutex<BTreeMap<String, f64>>>, Arc<Mutex<BTreeMap<String, String>>>);

struct Metric(Metrics, String);

impl CounterFn for Metric {
    fn increment(&self, value: u64) {
        *self.0.0.lock().unwrap().entry(self.1.clone()).or_default() += f64::from(u32::try_from(value).unwrap());
    }
    fn absolute(&self, _value: u64) {}
}

impl GaugeFn for Metric {
    fn increment(&self, _value: f64) {}
    fn decrement(&self, _value: f64) {}
    fn set(&self, value: f64) {
        self.0.0.lock().unwrap().insert(self.1.clone(), value);
    }
}

impl HistogramFn for Metric {
    fn record(&self, _value: f64) {
        CounterFn::increment(self, 1);
    }
}

impl Metrics {
    /// Returns everything recorded so far.
    pub fn told(&self) -> BTreeMap<String, f64> {
        self.0.lock().unwrap().clone()
    }

    /// Returns everything recorded so far, without zero values.
    pub fn counted(&self) -> BTreeMap<String, f64> {
        self.told().into_iter().filter(|(_, value)| *value != 0.0).collect()
    }

    /// Returns the description of each metric, by name.
    pub fn descriptions(&self) -> BTreeMap<String, String> {
        self.1.lock().unwrap().clone()
    }

    fn describe(&self, name: &KeyName, text: &SharedString) {
        self.1.lock().unwrap().insert(name.as_str().to_owned(), text.to_string());
    }

    fn metric(&self, key: &MetricKey) -> Arc<Metric> {
        let labels: Vec<String> = key.labels().map(|label| format!("{}={}", label.key(), label.value())).collect();
        let name = format!("{}{{{}}}", key.name(), labels.join(","));
        self.0.lock().unwrap().entry(name.clone()).or_default();
        Arc::new(Metric(self.clone(), name))
    }
}

impl Recorder for Metrics {
    fn describe_counter(&self, name: KeyName, _: Option<Unit>, text: SharedString) {
        self.describe(&name, &text);
    }
    fn describe_gauge(&self, name: KeyName, _: Option<Unit>, text: SharedString) {
        self.describe(&name, &text);
    }
    fn describe_histogram(&self, name: KeyName, _: Option<Unit>, text: SharedString) {
        self.describe(&name, &text);
    }
    fn register_counter(&self, key: &MetricKey, _: &Metadata<'_>) -> Counter {
        Counter::from_arc(self.metric(key))
    }
    fn register_gauge(&self, key: &MetricKey, _: &Metadata<'_>) -> Gauge {
        Gauge::from_arc(self.metric(key))
    }
    fn register_histogram(&self, key: &MetricKey, _: &Metadata<'_>) -> Histogram {
        Histogram::from_arc(self.metric(key))
    }
}
