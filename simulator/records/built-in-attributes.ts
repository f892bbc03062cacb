/** A data attribute that every workspace has: name, full name, label, data type. */
export type BuiltInAttribute = readonly [name: string, fullName: string, label: string, dataType: string]

/** Two of them share the name `name`, so only `full_name` identifies them. */
export const companyAttributes: readonly BuiltInAttribute[] = [
  ['name', 'name', 'Company name', 'string'],
  ['company_id', 'company_id', 'Company ID', 'string'],
  ['last_request_at', 'last_request_at', 'Company last seen', 'date'],
  ['remote_created_at', 'remote_created_at', 'Company created at', 'date'],
  ['user_count', 'user_count', 'People', 'integer'],
  ['session_count', 'session_count', 'Company web sessions', 'integer'],
  ['name', 'plan.name', 'Plan', 'string'],
  ['monthly_spend', 'monthly_spend', 'Monthly Spend', 'float'],
  ['size', 'size', 'Company size', 'integer'],
  ['industry', 'industry', 'Company industry', 'string'],
  ['website', 'website', 'Company website', 'string'],
]

export const contactAttributes: readonly BuiltInAttribute[] = [
  ['role', 'role', 'Role', 'string'],
  ['name', 'name', 'Name', 'string'],
  ['owner_id', 'owner_id', 'Owner', 'integer'],
  ['email', 'email', 'Email', 'string'],
  ['phone', 'phone', 'Phone &amp; SMS', 'string'],
  ['external_id', 'external_id', 'User ID', 'string'],
  ['created_at', 'created_at', 'First seen', 'date'],
  ['signed_up_at', 'signed_up_at', 'Signed up', 'date'],
  ['last_seen_at', 'last_seen_at', 'Last seen', 'date'],
  ['updated_at', 'updated_at', 'Last changed', 'date'],
  ['country', 'location.country', 'Country', 'string'],
  ['city', 'location.city', 'City', 'string'],
  ['os', 'os', 'OS', 'string'],
]
