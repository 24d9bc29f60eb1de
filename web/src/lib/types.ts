import type { components } from "./openapi";

/** What /v1 says, in the words of its document: `npm run types` makes openapi.ts from docs/openapi.json. */
export type Schemas = components["schemas"];

export type Account = Schemas["Account"];
export type Attempt = Schemas["Attempt"];
export type AuditEntry = Schemas["AuditEntry"];
export type Callback = Schemas["Callback"];
export type CallbackDetail = Schemas["CallbackDetail"];
export type Delivery = Schemas["Delivery"];
export type Integration = Schemas["Integration"];
export type Invitation = Schemas["Invitation"];
export type Key = Schemas["Key"];
export type Message = Schemas["Message"];
export type OneTimeLink = Schemas["Link"];
export type OptOut = Schemas["OptOut"];
export type OptOutEvent = Schemas["OptOutEvent"];
export type Organization = Schemas["Organization"];
export type Person = Schemas["Person"];
export type PhoneNumber = Schemas["Number"];
export type Property = Schemas["ServiceProperty"];
export type Report = Schemas["ProviderReport"];
export type Service = Schemas["Service"];
export type ServiceAccepted = Schemas["ServiceAccepted"];
export type ServiceDetail = Schemas["ServiceDetail"];
export type ServiceVersion = Schemas["ServiceVersion"];
export type Status = Schemas["MessageStatus"];
export type User = Schemas["User"];
export type Webhook = Schemas["Webhook"];
