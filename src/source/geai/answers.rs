//! The answers of the platform, typed. Every field can be missing, which is `None` and never zero.

use crate::source::sdk::{Flaws, Row, Wire};
use chrono::NaiveDate;
use rust_decimal::Decimal;

/// The type of a field: `count` and `number` are exact decimals, `name` must be there, `text` may be absent.
macro_rules! field_type {
    (count) => { Option<Decimal> };
    (number) => { Option<Decimal> };
    (name) => { Option<String> };
    (text) => { Option<String> };
    (date) => { Option<NaiveDate> };
    (list $row:ident) => { Option<Vec<$row>> };
}

macro_rules! answers {
    ($(
        $(#[$doc:meta])*
        $name:ident { $($(#[$field_doc:meta])* $field:ident: $kind:ident $(of $row:ident)? = $key:literal,)* }
    )*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq)]
        pub struct $name {
            $($(#[$field_doc])* pub $field: field_type!($kind $($row)?),)*
        }

        impl Wire for $name {
            fn read(row: &Row<'_>, flaws: &mut Flaws) -> Self {
                Self { $($field: row.$kind$(::<$row>)?($key, flaws),)* }
            }
        }
    )*};
}

answers! {
    /// Whose figures a token opens.
    TokenScope {
        /// Id of the organization.
        organization_id: text = "organizationId",
        /// Its name.
        organization_name: text = "organizationName",
        /// Id of the project.
        project_id: text = "projectId",
        /// Its name.
        project_name: text = "projectName",
        /// Kind of token, such as `Pia.Data.Project`.
        scope: text = "scope",
    }

    /// Agents created and modified.
    AgentsCreatedAndModified {
        /// Agents created.
        created_agents: count = "createdAgents",
        /// Agents modified.
        modified_agents: count = "modifiedAgents",
    }

    /// Agents created and modified, day by day.
    AgentsCreatedAndModifiedPerDay {
        /// The days.
        days: list of AgentsDay = "agents",
    }

    /// Agents created and modified on one day.
    AgentsDay {
        /// The day.
        date: date = "date",
        /// Agents created.
        created: count = "created",
        /// Agents modified.
        modified: count = "modified",
    }

    /// Flows created and modified.
    FlowsCreatedAndModified {
        /// Flows created.
        created_flows: count = "createdFlows",
        /// Flows modified.
        modified_flows: count = "modifiedFlows",
    }

    /// Flows created and modified, day by day.
    FlowsCreatedAndModifiedPerDay {
        /// The days.
        days: list of FlowsDay = "flowsCreatedAndModifiedPerDay",
    }

    /// Flows created and modified on one day.
    FlowsDay {
        /// The day.
        date: date = "date",
        /// Flows created.
        created_flows: count = "createdFlows",
        /// Flows modified.
        modified_flows: count = "modifiedFlows",
    }

    /// Processes created and modified.
    ProcessesCreatedAndModified {
        /// Processes created.
        created_processes: count = "createdProcesses",
        /// Processes modified.
        modified_processes: count = "modifiedProcesses",
    }

    /// Requests.
    TotalRequests {
        /// Requests.
        total_requests: count = "totalRequests",
    }

    /// Requests, day by day.
    TotalRequestsPerDay {
        /// The days.
        days: list of RequestsDay = "totalRequestsPerDay",
    }

    /// Requests of one day.
    RequestsDay {
        /// The day.
        date: date = "date",
        /// Requests.
        total_requests: count = "totalRequests",
        /// Requests that ended in an error.
        total_requests_with_error: count = "totalRequestsWithError",
    }

    /// Requests that ended in an error.
    TotalRequestsWithError {
        /// Requests that ended in an error.
        total_requests_with_error: count = "totalRequestsWithError",
    }

    /// Requests with errors / requests.
    OverallErrorRate {
        /// Per cent according to the vendor's texts; its own client reads a fraction.
        overall_error_rate: number = "overallErrorRate",
    }

    /// Mean time of a request.
    AverageRequestTime {
        /// Milliseconds.
        average_request_time: number = "averageRequestTime",
    }

    /// Time of all requests.
    TotalRequestTime {
        /// Hours.
        time: number = "time",
    }

    /// Mean number of requests, by day or by user.
    AverageRequests {
        /// Requests.
        average_requests: number = "averageRequests",
    }

    /// Mean number of requests of a user, date by date.
    AverageRequestsPerUserPerDate {
        /// The rows.
        days: list of UserRequestsDay = "averageRequestsPerUser",
    }

    /// Mean number of requests of a user on one date.
    UserRequestsDay {
        /// The day.
        date: date = "date",
        /// Requests.
        average_requests: number = "averageRequests",
        /// The user's id, where the row is about one.
        user: text = "user",
        /// The user's name, where known.
        user_name: text = "userName",
    }

    /// Cost.
    TotalCost {
        /// US dollars.
        total_cost: number = "totalCost",
    }

    /// Cost, day by day.
    TotalCostPerDay {
        /// The days.
        days: list of CostDay = "totalCostPerDay",
    }

    /// Cost of one day.
    CostDay {
        /// The day.
        date: date = "date",
        /// US dollars.
        total_cost: number = "totalCost",
    }

    /// Mean cost of a request.
    AverageCostPerRequest {
        /// US dollars.
        average_cost_per_request: number = "averageCostPerRequest",
    }

    /// Mean cost of an active user.
    AverageCostPerUser {
        /// US dollars.
        average_cost: number = "averageCost",
    }

    /// Mean cost of a user, date by date.
    AverageCostPerUserPerDate {
        /// The rows.
        days: list of UserCostDay = "averageCostPerUser",
    }

    /// Mean cost of a user on one date.
    UserCostDay {
        /// The day.
        date: date = "date",
        /// US dollars.
        average_cost: number = "averageCost",
        /// The user's id, where the row is about one.
        user: text = "user",
        /// The user's name, where known.
        user_name: text = "userName",
    }

    /// Tokens.
    TokenCounts {
        /// Tokens sent to models.
        input: count = "input",
        /// Tokens written by models.
        output: count = "output",
        /// Both, as the platform adds them.
        total: count = "total",
    }

    /// Tokens by agent and model.
    NumberOfTokensPerAgent {
        /// One row for each pair of agent and model.
        agents: list of AgentTokens = "numberOfTokens",
    }

    /// Tokens of one agent with one model.
    AgentTokens {
        /// The agent's name.
        agent: name = "agent",
        /// The model's name.
        model: name = "model",
        /// Tokens sent.
        input: count = "input",
        /// Tokens written.
        output: count = "output",
        /// Both.
        total: count = "total",
    }

    /// Tokens, day by day.
    NumberOfTokensPerDay {
        /// The days.
        days: list of TokensDay = "numberOfTokens",
    }

    /// Tokens of one day.
    TokensDay {
        /// The day.
        date: date = "date",
        /// Tokens sent.
        input: count = "input",
        /// Tokens written.
        output: count = "output",
        /// Both.
        total: count = "total",
    }

    /// Mean tokens of a request.
    AverageTokensPerRequest {
        /// Tokens sent.
        input: number = "input",
        /// Tokens written.
        output: number = "output",
        /// Both.
        total: number = "total",
    }

    /// Users with at least one request.
    TotalActiveUsers {
        /// Users.
        total_active_users: count = "totalActiveUsers",
    }

    /// Agents with at least one request.
    TotalActiveAgents {
        /// Agents.
        total_active_agents: count = "totalActiveAgents",
    }

    /// Projects with at least one request.
    TotalActiveProjects {
        /// Projects.
        total_active_projects: count = "totalActiveProjects",
    }

    /// What each user used.
    AgentUsagePerUser {
        /// One row for each user.
        users: list of UserUsage = "agentUsage",
    }

    /// What one user used.
    UserUsage {
        /// The user's id.
        user: name = "user",
        /// The user's name, where known.
        user_name: text = "userName",
        /// US dollars.
        total_cost: number = "totalCost",
        /// Requests.
        total_requests: count = "totalRequests",
        /// Tokens.
        total_tokens: count = "totalTokens",
    }

    /// Mean number of users, of an agent or of a project.
    AverageUsers {
        /// Users.
        average_users: number = "averageUsers",
    }

    /// The ten agents with the most requests.
    Top10AgentsByRequests {
        /// At most ten.
        agents: list of AgentRequests = "top10Agents",
    }

    /// Requests of one agent.
    AgentRequests {
        /// The agent's name.
        agent: name = "agent",
        /// Requests.
        total_requests: count = "totalRequests",
    }

    /// The ten agents with the most tokens.
    Top10AgentsByTokens {
        /// At most ten.
        agents: list of AgentTotalTokens = "top10Agents",
    }

    /// Tokens of one agent.
    AgentTotalTokens {
        /// The agent's name.
        agent: name = "agent",
        /// Tokens.
        total_tokens: count = "totalTokens",
    }

    /// The ten users with the most requests.
    Top10UsersByRequests {
        /// At most ten.
        users: list of UserRequests = "top10Users",
    }

    /// Requests of one user.
    UserRequests {
        /// The user's id.
        user: text = "user",
        /// The user's name, where known.
        user_name: text = "userName",
        /// Requests.
        total_requests: count = "totalRequests",
    }

    /// The ten users with the highest cost.
    Top10UsersByCost {
        /// At most ten.
        users: list of UserCost = "top10Users",
    }

    /// Cost of one user.
    UserCost {
        /// The user's id.
        user: text = "user",
        /// The user's name, where known.
        user_name: text = "userName",
        /// US dollars.
        total_cost: number = "totalCost",
    }
}
