//! Tests API definitions and configuration files.
#![allow(clippy::expect_used, clippy::indexing_slicing, clippy::panic, clippy::unwrap_used, reason = "tests")]

#[path = "../support/mod.rs"]
mod support;

mod api_definition;
mod api_definition_sam;
mod api_definition_template;
mod app_user_pools;
mod apps;
mod configuration;
mod configuration_settings;
mod detached_routes;
mod found_in_the_wild;
mod hostile_apps;
mod missing_values;
mod mock_responses;
mod sam_templates;
mod served_definitions;
mod stack_outputs;
mod template_bounds;
mod template_functions;
