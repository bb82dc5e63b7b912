//! Object Lock: what a bucket gives new versions, retention and legal hold of a version.

use amana_access::Caller;
use amana_vault::{
    BucketInfo, BucketLock, DefaultRetention, ObjectInfo, ObjectLock, Period, Retention,
    RetentionMode,
};
use http::HeaderMap;
use s3s::dto::{
    self, GetObjectLegalHoldInput, GetObjectLegalHoldOutput, GetObjectLockConfigurationInput,
    GetObjectLockConfigurationOutput, GetObjectRetentionInput, GetObjectRetentionOutput,
    ObjectLockConfiguration, ObjectLockEnabled, ObjectLockLegalHold, ObjectLockLegalHoldStatus,
    ObjectLockMode, ObjectLockRetention, ObjectLockRetentionMode, ObjectLockRule,
    PutObjectLegalHoldInput, PutObjectLegalHoldOutput, PutObjectLockConfigurationInput,
    PutObjectLockConfigurationOutput, PutObjectRetentionInput, PutObjectRetentionOutput, Timestamp,
};
use s3s::{S3Request, S3Response, S3Result};

use crate::error::{no_object_lock, refused};
use crate::refusal::Refusal;
use crate::service::{Service, with_receipt};
use crate::{etags, gate, get, times};

const MODE: &str = "x-amz-object-lock-mode";
const UNTIL: &str = "x-amz-object-lock-retain-until-date";
const HOLD: &str = "x-amz-object-lock-legal-hold";

/// The lock that the headers of a deposit ask for.
pub(crate) fn given(headers: &HeaderMap) -> Result<Option<ObjectLock>, Refusal> {
    let text = |name| match headers.get(name) {
        Some(value) => std::str::from_utf8(value.as_bytes())
            .map(Some)
            .map_err(|_| Refusal::argument(format!("The header {name} is not UTF-8"))),
        None => Ok(None),
    };
    let retention = match (text(MODE)?, text(UNTIL)?) {
        (None, None) => None,
        (Some(mode), Some(until)) => Some(Retention {
            mode: RetentionMode::of_s3(mode)
                .ok_or_else(|| Refusal::argument("Unknown wormMode directive."))?,
            until_ms: times::parse_iso(until).ok_or_else(|| {
                Refusal::argument("The retain until date must be provided in ISO 8601 format")
            })?,
        }),
        _ => {
            return Err(Refusal::argument(
                "x-amz-object-lock-retain-until-date and x-amz-object-lock-mode must both be supplied",
            ));
        }
    };
    let legal_hold = match text(HOLD)? {
        None => None,
        Some(ObjectLockLegalHoldStatus::ON) => Some(true),
        Some(ObjectLockLegalHoldStatus::OFF) => Some(false),
        Some(_) => {
            return Err(Refusal::argument(
                "Legal Hold must be either of 'ON' or 'OFF'",
            ));
        }
    };
    let lock = ObjectLock {
        retention,
        legal_hold,
    };
    Ok((lock != ObjectLock::default()).then_some(lock))
}

/// A lock as the headers of an answer tell it.
pub(crate) struct Shown {
    pub(crate) mode: Option<ObjectLockMode>,
    pub(crate) until: Option<Timestamp>,
    pub(crate) hold: Option<ObjectLockLegalHoldStatus>,
}

pub(crate) fn shown(lock: Option<ObjectLock>) -> Shown {
    let lock = lock.unwrap_or_default();
    Shown {
        mode: lock
            .retention
            .map(|one| ObjectLockMode::from_static(one.mode.as_s3())),
        until: lock.retention.map(|one| times::timestamp(one.until_ms)),
        hold: lock.legal_hold.map(status),
    }
}

fn status(on: bool) -> ObjectLockLegalHoldStatus {
    ObjectLockLegalHoldStatus::from_static(if on {
        ObjectLockLegalHoldStatus::ON
    } else {
        ObjectLockLegalHoldStatus::OFF
    })
}

fn malformed() -> Refusal {
    Refusal::bad(
        "MalformedXML",
        "The XML you provided was not well-formed or did not validate against our published schema",
    )
}

pub(crate) async fn configuration(
    service: &Service,
    request: S3Request<GetObjectLockConfigurationInput>,
) -> S3Result<S3Response<GetObjectLockConfigurationOutput>> {
    let caller = gate::caller(&request).await?;
    let input = &request.input;
    let bucket = service
        .readable(&caller, &input.bucket, &input.expected_bucket_owner)
        .await?;
    let lock = bucket.lock.ok_or_else(|| {
        Refusal::missing(
            "ObjectLockConfigurationNotFoundError",
            "Object Lock configuration does not exist for this bucket",
        )
    })?;
    let enabled = ObjectLockEnabled::from_static(ObjectLockEnabled::ENABLED);
    Ok(S3Response::new(GetObjectLockConfigurationOutput {
        object_lock_configuration: Some(ObjectLockConfiguration {
            object_lock_enabled: Some(enabled),
            rule: lock.default.map(rule),
        }),
    }))
}

fn rule(default: DefaultRetention) -> ObjectLockRule {
    let (days, years) = match default.period {
        Period::Days(days) => (i32::try_from(days).ok(), None),
        Period::Years(years) => (None, i32::try_from(years).ok()),
    };
    let mode = ObjectLockRetentionMode::from_static(default.mode.as_s3());
    ObjectLockRule {
        default_retention: Some(dto::DefaultRetention {
            days,
            mode: Some(mode),
            years,
        }),
    }
}

pub(crate) async fn configure(
    service: &Service,
    request: S3Request<PutObjectLockConfigurationInput>,
) -> S3Result<S3Response<PutObjectLockConfigurationOutput>> {
    let caller = gate::caller(&request).await?;
    let input = request.input;
    service.check_owner(&caller, &input.expected_bucket_owner)?;
    let configuration = input.object_lock_configuration.ok_or_else(malformed)?;
    let enabled = configuration.object_lock_enabled.as_ref();
    if enabled.map(ObjectLockEnabled::as_str) != Some(ObjectLockEnabled::ENABLED) {
        return Err(malformed().into());
    }
    let lock = BucketLock {
        default: configuration.rule.map(default_of).transpose()?,
    };
    let done = service
        .vault
        .set_bucket_lock(&caller, &input.bucket, lock)
        .await
        .map_err(refused)?;
    Ok(with_receipt(
        PutObjectLockConfigurationOutput::default(),
        &done.receipt,
    ))
}

fn default_of(rule: ObjectLockRule) -> S3Result<DefaultRetention> {
    let default = rule.default_retention.ok_or_else(malformed)?;
    let mode = default.mode.as_ref().map(ObjectLockRetentionMode::as_str);
    let mode = mode.and_then(RetentionMode::of_s3).ok_or_else(malformed)?;
    let period = match (default.days, default.years) {
        (Some(days), None) => Period::of_days(days.into()),
        (None, Some(years)) => Period::of_years(years.into()),
        _ => return Err(malformed().into()),
    };
    Ok(DefaultRetention {
        mode,
        period: period.map_err(refused)?,
    })
}

/// An object of a bucket whose versions can be locked.
async fn lockable(
    service: &Service,
    caller: &Caller,
    bucket: &BucketInfo,
    key: String,
    version: Option<&str>,
) -> S3Result<ObjectInfo> {
    if bucket.lock.is_none() {
        return Err(no_object_lock().into());
    }
    let (key, version) = (service.key(key)?, etags::asked(version)?);
    get::look_up(service, caller, &bucket.name, &key, version).await
}

fn not_locked() -> Refusal {
    Refusal::missing(
        "NoSuchObjectLockConfiguration",
        "The specified object does not have a ObjectLock configuration",
    )
}

pub(crate) async fn retention(
    service: &Service,
    request: S3Request<GetObjectRetentionInput>,
) -> S3Result<S3Response<GetObjectRetentionOutput>> {
    let caller = gate::caller(&request).await?;
    let input = request.input;
    let bucket = service
        .readable(&caller, &input.bucket, &input.expected_bucket_owner)
        .await?;
    let version = input.version_id.as_deref();
    let object = lockable(service, &caller, &bucket, input.key, version).await?;
    let retention = object.lock.and_then(|lock| lock.retention);
    let retention = retention.ok_or_else(not_locked)?;
    let mode = ObjectLockRetentionMode::from_static(retention.mode.as_s3());
    Ok(S3Response::new(GetObjectRetentionOutput {
        retention: Some(ObjectLockRetention {
            mode: Some(mode),
            retain_until_date: Some(times::timestamp(retention.until_ms)),
        }),
    }))
}

pub(crate) async fn retain(
    service: &Service,
    request: S3Request<PutObjectRetentionInput>,
) -> S3Result<S3Response<PutObjectRetentionOutput>> {
    let caller = gate::caller(&request).await?;
    let input = request.input;
    service.check_owner(&caller, &input.expected_bucket_owner)?;
    let asked = input.retention.ok_or_else(malformed)?;
    let retention = match (asked.mode, asked.retain_until_date) {
        (None, None) => None,
        (Some(mode), Some(until)) => Some(Retention {
            mode: RetentionMode::of_s3(mode.as_str()).ok_or_else(malformed)?,
            until_ms: times::ms(until),
        }),
        _ => return Err(malformed().into()),
    };
    let key = service.key(input.key)?;
    let version = etags::asked(input.version_id.as_deref())?;
    let bypass = input.bypass_governance_retention.unwrap_or(false);
    let done = service
        .vault
        .retain(&caller, &input.bucket, &key, version, retention, bypass)
        .await
        .map_err(refused)?;
    Ok(with_receipt(
        PutObjectRetentionOutput::default(),
        &done.receipt,
    ))
}

pub(crate) async fn legal_hold(
    service: &Service,
    request: S3Request<GetObjectLegalHoldInput>,
) -> S3Result<S3Response<GetObjectLegalHoldOutput>> {
    let caller = gate::caller(&request).await?;
    let input = request.input;
    let bucket = service
        .readable(&caller, &input.bucket, &input.expected_bucket_owner)
        .await?;
    let version = input.version_id.as_deref();
    let object = lockable(service, &caller, &bucket, input.key, version).await?;
    let hold = object.lock.and_then(|lock| lock.legal_hold);
    let hold = hold.ok_or_else(not_locked)?;
    Ok(S3Response::new(GetObjectLegalHoldOutput {
        legal_hold: Some(ObjectLockLegalHold {
            status: Some(status(hold)),
        }),
    }))
}

pub(crate) async fn hold(
    service: &Service,
    request: S3Request<PutObjectLegalHoldInput>,
) -> S3Result<S3Response<PutObjectLegalHoldOutput>> {
    let caller = gate::caller(&request).await?;
    let input = request.input;
    service.check_owner(&caller, &input.expected_bucket_owner)?;
    let status = input.legal_hold.and_then(|hold| hold.status);
    let on = match status.as_ref().map(ObjectLockLegalHoldStatus::as_str) {
        Some(ObjectLockLegalHoldStatus::ON) => true,
        Some(ObjectLockLegalHoldStatus::OFF) => false,
        _ => return Err(malformed().into()),
    };
    let key = service.key(input.key)?;
    let version = etags::asked(input.version_id.as_deref())?;
    let done = service
        .vault
        .hold(&caller, &input.bucket, &key, version, on)
        .await
        .map_err(refused)?;
    Ok(with_receipt(
        PutObjectLegalHoldOutput::default(),
        &done.receipt,
    ))
}
