//! The resources of the service, one file each. Every handler is a few lines: what is asked
//! for is read, and what the snapshot or a use case gives is answered.

mod audit;
mod changes;
mod citations;
pub(crate) mod determinations;
mod discovery;
mod document;
mod exports;
mod health;
mod imports;
mod jobs;
mod leas;
mod performances;
mod providers;
mod reconciliations;
mod releases;
mod rulebooks;
mod run_changes;
mod runs;
mod summaries;
mod support;
pub(crate) mod tokens;
mod traces;
mod years;

use actix_web::web;
use utoipa_actix_web::service_config::ServiceConfig;

/// The documented resources.
pub(crate) fn api(config: &mut ServiceConfig<'_>) {
    // Routes are tried one after another: what is asked for most stands first.
    config
        .service(determinations::get_determination)
        .service(discovery::get_discovery)
        .service(years::list_years)
        .service(years::get_year)
        .service(leas::list_leas)
        .service(leas::get_lea)
        .service(performances::list_performances)
        .service(determinations::list_determinations)
        .service(determinations::list_determinations_of_lea)
        .service(changes::list_changes)
        .service(traces::get_trace)
        .service(support::assignments::list_support_of_lea)
        .service(support::assignments::list_assignments)
        .service(summaries::get_summary)
        .service(reconciliations::get_reconciliation)
        .service(rulebooks::list_rulebooks)
        .service(rulebooks::get_rulebook)
        .service(rulebooks::compare_rulebooks)
        .service(citations::list_citations)
        .service(citations::get_citation)
        .service(providers::list_providers)
        .service(releases::list_releases)
        .service(releases::get_release)
        .service(releases::update_release)
        .service(imports::create_import)
        .service(imports::list_imports)
        .service(imports::get_import)
        .service(imports::list_import_issues)
        .service(jobs::create_run)
        .service(jobs::get_job)
        .service(jobs::cancel_job)
        .service(tokens::create_token)
        .service(tokens::get_keys)
        .service(tokens::get_authorization_server)
        .service(audit::list_audit)
        .service(runs::list_runs)
        .service(runs::get_run)
        .service(run_changes::list_run_changes)
        .service(support::referrals::create_referral)
        .service(support::referrals::list_referrals)
        .service(support::referrals::get_referral)
        .service(support::referrals::take_referral_step)
        .service(support::referrals::delete_referral)
        .service(support::interventions::create_intervention)
        .service(support::interventions::list_interventions)
        .service(support::interventions::get_intervention)
        .service(support::interventions::take_intervention_step)
        .service(support::interventions::delete_intervention)
        .service(support::engagements::create_engagement)
        .service(support::engagements::list_engagements)
        .service(support::engagements::get_engagement)
        .service(support::engagements::get_engagement_checklist)
        .service(support::engagements::update_engagement)
        .service(support::engagements::delete_engagement)
        .service(support::engagement_templates::get_engagement_template)
        .service(support::engagement_templates::replace_engagement_template)
        .service(support::requests::create_request)
        .service(support::requests::list_requests)
        .service(support::requests::get_request)
        .service(support::requests::take_request_step)
        .service(support::requests::delete_request)
        .service(exports::export_determinations)
        .service(support::services::list_services)
        .service(support::services::get_service)
        .service(support::services::create_service)
        .service(support::services::update_service)
        .service(support::services::delete_service)
        .service(support::catalogues::get_service_catalogue)
        .service(support::catalogues::export_service_catalogue)
        .service(support::catalogues::replace_service_catalogue)
        .service(support::recommended::list_recommended_services)
        .service(support::communications::get_communication)
        .service(support::communications::list_communications)
        .service(support::communication_templates::get_communication_template)
        .service(support::communication_templates::replace_communication_template)
        .service(support::communication_templates::delete_communication_template)
        .service(health::get_health)
        .service(health::get_readiness);
}

/// The document itself, its pages, and what is no resource.
pub(crate) fn others(config: &mut web::ServiceConfig) {
    config
        .service(document::openapi)
        .service(document::openapi_3_0)
        .service(document::pages())
        .default_service(web::to(document::no_such_resource));
}
