-- Two limitation codes have new names. Tasks that workers of the previous release end later keep the old ones.
UPDATE "task"
SET "limitations" = replace(replace("limitations"::text, '"QUALITY_CONTRACT_UNMET"', '"QUALITY_CHECK_FAILED"'),
  '"SOURCE_SUSPECT"', '"PROMPT_INJECTION_SUSPECTED"')::jsonb
WHERE "limitations" @> '[{"code": "QUALITY_CONTRACT_UNMET"}]' OR "limitations" @> '[{"code": "SOURCE_SUSPECT"}]';
